-- role: sluice_ingest · locks: the new rows, in digest order · plan: unique index on (tenant_id, digest)
-- Returns those that are new and still lack their entries. Waits for whoever makes the same rows; what they made only a later statement sees:
-- principal_set_find.
insert into principal_set (tenant_id, digest)
select distinct s.tenant_id, s.digest from unnest($1::int[], $2::bytea[]) as s (tenant_id, digest)
order by s.tenant_id, s.digest
on conflict (tenant_id, digest) do nothing
returning principal_set_id
