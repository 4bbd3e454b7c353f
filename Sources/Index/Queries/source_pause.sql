-- role: sluice_admin · locks: the row when it is new · plan: primary key
insert into paused_source (tenant_id, source) select t.tenant_id, $2::text from tenant t where t.name = $1::text and t.deleted_at is null
on conflict (tenant_id, source) do nothing
