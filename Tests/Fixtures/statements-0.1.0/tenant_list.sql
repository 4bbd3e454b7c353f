-- role: sluice_ingest · locks: none · plan: sequential scan
select tenant_id, name from tenant order by name
