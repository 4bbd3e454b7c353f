-- role: sluice_ingest · locks: none, the rows are locked by source_snapshot_lock · plan: nested loop over the unique index on (tenant_id, source, name)
select n.ordinality::int, s.snapshot_id, s.state, s.named, s.begun_at, s.stated_count, s.incarnation_id, i.topic, s.partition, s.record_offset,
    s.record_time, s.absent, s.deleted, s.newer, coalesce(s.barrier_incarnations, '{}'), coalesce(s.barrier_partitions, '{}'), coalesce(s.barrier_offsets, '{}')
from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n (tenant_id, source, name, ordinality)
join source_snapshot s on s.tenant_id = n.tenant_id and s.source = n.source and s.name = n.name
left join topic_incarnation i on i.incarnation_id = s.incarnation_id
