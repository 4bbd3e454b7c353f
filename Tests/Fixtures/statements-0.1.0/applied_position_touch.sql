-- role: sluice_ingest · locks: rows held already by applied_position_hold, briefly · plan: primary key
-- Nothing waits in these partitions, and somebody still looks: what retrieval tells a registrar that goes on from one that stands still by.
update applied_position p
set applied_at = now()
from (select * from unnest($2::int[], $3::int[]) as u (incarnation_id, partition) order by 1, 2) c
where p.consumer_group = $1::text and p.incarnation_id = c.incarnation_id and p.partition = c.partition
