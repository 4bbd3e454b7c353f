-- role: sluice_ingest · locks: the rows, in the order of their ids · plan: nested loop over the unique index on (tenant_id, source, name)
-- Only locks: source_snapshot_load reads.
select s.snapshot_id
from unnest($1::int[], $2::text[], $3::text[]) as n (tenant_id, source, name)
join source_snapshot s on s.tenant_id = n.tenant_id and s.source = n.source and s.name = n.name
order by s.tenant_id, s.snapshot_id
for update of s
