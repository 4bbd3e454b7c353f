-- role: sluice_ingest · locks: the row · plan: primary key
-- Something else is in force than what it is about.
delete from reference_refresh where tenant_id = $1::int and generation_id = $2::int and document_id = $3::bigint and lease = $4::bigint
