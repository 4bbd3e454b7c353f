-- role: sluice_ingest · locks: new rows only · plan: values
-- The clock's time, not the transaction's: this one may have waited for the lock of its subject.
insert into access_change (tenant_id, subject_kind, source, subject, state, sequence, incarnation_id, partition, record_offset, parent,
    principal_set_id, members, changed_at)
values ($1::int, $2::text, $3::text, $4::text, $5::smallint, $6::bigint, $7::int, $8::int, $9::bigint, $10::text, $11::bigint, $12::text[], clock_timestamp())
