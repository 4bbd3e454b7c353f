-- role: sluice_ingest · locks: none · plan: primary key
select k.tenant_id, k.key, k.renames from erasure_key k where k.tenant_id = any ($1::int[])
