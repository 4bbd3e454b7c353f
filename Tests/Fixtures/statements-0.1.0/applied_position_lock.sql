-- role: sluice_ingest · locks: the rows, for update: waits for every write that holds one under the old epoch · plan: primary key
select p.incarnation_id, p.partition
from applied_position p
join unnest($2::int[], $3::int[]) as c (incarnation_id, partition) on c.incarnation_id = p.incarnation_id and c.partition = p.partition
where p.consumer_group = $1::text
order by p.incarnation_id, p.partition
for update of p
