-- role: sluice_ingest · locks: the new rows · plan: partial unique index access_list_own
insert into access_list (tenant_id, principal_set_id)
select distinct s.tenant_id, s.principal_set_id from unnest($1::int[], $2::bigint[]) as s (tenant_id, principal_set_id)
order by 1, 2
on conflict (tenant_id, principal_set_id) where container_id is null do nothing
