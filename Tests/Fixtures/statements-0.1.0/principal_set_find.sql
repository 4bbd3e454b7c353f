-- role: sluice_ingest · locks: none · plan: nested loop over the unique index on (tenant_id, digest)
select p.tenant_id, p.digest, p.principal_set_id
from unnest($1::int[], $2::bytea[]) as s (tenant_id, digest)
join principal_set p on p.tenant_id = s.tenant_id and p.digest = s.digest
