-- role: sluice_ingest · locks: the new rows, in digest order · plan: unique index on (tenant_id, digest)
-- Afterwards every digest has a row; `is_new` ones still lack their entries.
with made as (
    insert into principal_set (tenant_id, digest)
    select distinct s.tenant_id, s.digest from unnest($1::int[], $2::bytea[]) as s (tenant_id, digest)
    order by s.tenant_id, s.digest
    on conflict (tenant_id, digest) do nothing
    returning tenant_id, principal_set_id, digest)
select m.tenant_id, m.digest, m.principal_set_id, true as is_new from made m
union all
select p.tenant_id, p.digest, p.principal_set_id, false
from unnest($1::int[], $2::bytea[]) as s (tenant_id, digest)
join principal_set p on p.tenant_id = s.tenant_id and p.digest = s.digest
