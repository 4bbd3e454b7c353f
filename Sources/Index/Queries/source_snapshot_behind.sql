-- role: sluice_ingest · locks: none · plan: nested loop over the primary key of applied_position
-- The partitions in which a group has not come to an offset, and how far it has.
select b.incarnation_id, b.partition, b.barrier, coalesce(a.next_offset, 0)
from unnest($2::int[], $3::int[], $4::bigint[]) as b (incarnation_id, partition, barrier)
left join applied_position a on a.consumer_group = $1::text and a.incarnation_id = b.incarnation_id and a.partition = b.partition
where coalesce(a.next_offset, 0) < b.barrier
