-- role: sluice_admin · locks: the row · plan: primary key
delete from paused_source p using tenant t where t.name = $1::text and p.tenant_id = t.tenant_id and p.source = $2::text
