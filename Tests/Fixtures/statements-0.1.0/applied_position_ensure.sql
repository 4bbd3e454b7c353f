-- role: sluice_ingest · locks: the new rows · plan: primary key
-- A partition that nobody has claimed yet begins at its beginning.
insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
select $1::text, c.incarnation_id, c.partition, 0, 0
from unnest($2::int[], $3::int[]) as c (incarnation_id, partition)
order by c.incarnation_id, c.partition
on conflict (consumer_group, incarnation_id, partition) do nothing
