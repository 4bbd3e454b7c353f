-- role: sluice_ingest · locks: rows held already by applied_position_hold, briefly · plan: primary key
-- Only from where this worker left it: an admin may have moved it back. Fewer rows than asked for say so.
update applied_position p
set next_offset = c.next_offset, applied_at = now()
from (select * from unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[])
          as u (incarnation_id, partition, settled_offset, next_offset)
      order by 1, 2) c
where p.consumer_group = $1::text and p.incarnation_id = c.incarnation_id and p.partition = c.partition and p.next_offset = c.settled_offset
returning p.incarnation_id, p.partition
