-- role: sluice_admin · locks: the new row · plan: unique index on tenant's name
insert into erasure_key (tenant_id, key) select t.tenant_id, $2::bytea from tenant t where t.name = $1::text and t.tenant_id > 0
on conflict (tenant_id) do nothing
