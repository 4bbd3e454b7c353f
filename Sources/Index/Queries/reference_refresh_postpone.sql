-- role: sluice_ingest · locks: the row · plan: primary key
-- Its content stays as it is.
update reference_refresh
set asked_at = now(), due_at = now() + $5::bigint * interval '1 millisecond', leased_until = null, lease = null
where tenant_id = $1::int and generation_id = $2::int and document_id = $3::bigint and lease = $4::bigint
