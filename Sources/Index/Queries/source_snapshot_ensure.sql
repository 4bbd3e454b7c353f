-- role: sluice_ingest · locks: the new rows, in key order · plan: unique index on (tenant_id, source, name)
insert into source_snapshot (tenant_id, source, name, begun_at)
select n.tenant_id, n.source, n.name, 9223372036854775807
from unnest($1::int[], $2::text[], $3::text[]) as n (tenant_id, source, name)
order by n.tenant_id, n.source collate "C", n.name collate "C"
on conflict (tenant_id, source, name) do nothing
