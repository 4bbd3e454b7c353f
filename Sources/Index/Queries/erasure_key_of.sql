-- role: sluice_admin · locks: none · plan: unique index on tenant's name, primary key
select k.tenant_id, k.key, k.renames from tenant t join erasure_key k on k.tenant_id = t.tenant_id where t.name = $1::text
