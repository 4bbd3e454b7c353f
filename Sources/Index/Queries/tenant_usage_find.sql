-- role: sluice_ingest · locks: none · plan: primary key
select u.tenant_id, u.documents, u.bytes from tenant_usage u where u.generation_id = $1::int and u.tenant_id = any ($2::int[])
