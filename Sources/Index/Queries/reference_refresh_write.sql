-- role: sluice_ingest · locks: the row, whose name is locked by document_lock · plan: primary key
insert into reference_refresh as f (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_key, record_value,
    header_names, header_values, etag, due_at)
values ($1::int, $2::int, $3::bigint, $4::int, $5::int, $6::bigint, $7::bigint, $8::bytea, $9::bytea, $10::bytea[], $11::bytea[], $12::text,
    now() + $13::bigint * interval '1 millisecond')
on conflict (tenant_id, generation_id, document_id) do update
set incarnation_id = excluded.incarnation_id, partition = excluded.partition, record_offset = excluded.record_offset, record_time = excluded.record_time,
    record_key = excluded.record_key, record_value = excluded.record_value, header_names = excluded.header_names, header_values = excluded.header_values,
    etag = excluded.etag, asked_at = now(), due_at = excluded.due_at, leased_until = null, lease = null
