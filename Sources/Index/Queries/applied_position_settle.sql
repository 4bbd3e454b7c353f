-- role: sluice_ingest · locks: the rows, briefly, beside those who hold them for key share · plan: primary key
-- Never backwards, and not where another worker has claimed the partition: its position is that worker's.
update applied_position p
set next_offset = c.next_offset, applied_at = now()
from (select * from unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[]) as u (incarnation_id, partition, epoch, next_offset)
      order by 1, 2) c
where p.consumer_group = $1::text and p.incarnation_id = c.incarnation_id and p.partition = c.partition and p.epoch = c.epoch
    and p.next_offset < c.next_offset
