-- role: sluice_ingest · locks: none · plan: sequential scan
select tenant_id, name from tenant where deleted_at is null order by name
