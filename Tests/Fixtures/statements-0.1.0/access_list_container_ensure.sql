-- role: sluice_ingest · locks: the new rows, under the source's access_lock · plan: unique index on (tenant_id, container_id)
insert into access_list (tenant_id, container_id)
select distinct c.tenant_id, c.container_id from unnest($1::int[], $2::bigint[]) as c (tenant_id, container_id)
order by 1, 2
on conflict (tenant_id, container_id) do nothing
