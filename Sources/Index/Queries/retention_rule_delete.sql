-- role: sluice_admin · locks: the row · plan: unique index on name, primary key
delete from retention_rule r using tenant t where t.name = $1::text and r.tenant_id = t.tenant_id and r.source = $2::text
