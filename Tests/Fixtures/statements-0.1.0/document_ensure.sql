-- role: sluice_ingest · locks: the new rows, in key order · plan: unique index on (tenant_id, source, subject)
insert into document (tenant_id, source, subject)
select n.tenant_id, n.source, n.subject
from unnest($1::int[], $2::text[], $3::text[]) as n (tenant_id, source, subject)
order by n.tenant_id, n.source collate "C", n.subject collate "C"
on conflict (tenant_id, source, subject) do nothing
