-- role: sluice_ingest · locks: the rows it returns, first of all locks · plan: primary key
-- Fewer rows than asked for: a partition was claimed by another worker, and the transaction must not commit.
update applied_position p
set next_offset = c.next_offset, applied_at = now()
from (select * from unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[]) as u (incarnation_id, partition, epoch, next_offset)
      order by 1, 2) c
where p.consumer_group = $1::text and p.incarnation_id = c.incarnation_id and p.partition = c.partition and p.epoch = c.epoch
returning p.incarnation_id, p.partition
