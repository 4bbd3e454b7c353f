-- role: sluice_ingest · locks: the rows, in digest order · plan: unique index on (tenant_id, digest)
-- The update changes nothing: it waits for whoever is making the same set, and returns it. `is_new` ones still lack their entries.
insert into principal_set as p (tenant_id, digest)
select distinct s.tenant_id, s.digest from unnest($1::int[], $2::bytea[]) as s (tenant_id, digest)
order by 1, 2
on conflict (tenant_id, digest) do update set digest = p.digest
returning p.tenant_id, p.digest, p.principal_set_id, p.xmax = 0 as is_new
