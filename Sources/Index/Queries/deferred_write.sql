-- role: sluice_ingest · locks: the row, whose name is locked by document_lock · plan: primary key
-- The same record waits on with one attempt more; another one, or another cause, begins anew.
insert into deferred as f (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_key, record_value,
    header_names, header_values, host, reason, due_at, cause)
values ($1::int, $2::int, $3::bigint, $4::int, $5::int, $6::bigint, $7::bigint, $8::bytea, $9::bytea, $10::bytea[], $11::bytea[], $12::text, $13::text,
    now() + $14::bigint * interval '1 millisecond', $15::text)
on conflict (tenant_id, generation_id, document_id) do update
set attempts = case when f.incarnation_id = excluded.incarnation_id and f.partition = excluded.partition and f.record_offset = excluded.record_offset
        and f.cause = excluded.cause then f.attempts + 1 else 1 end,
    deferred_at = case when f.incarnation_id = excluded.incarnation_id and f.partition = excluded.partition and f.record_offset = excluded.record_offset
        and f.cause = excluded.cause then f.deferred_at else now() end, cause = excluded.cause,
    incarnation_id = excluded.incarnation_id, partition = excluded.partition, record_offset = excluded.record_offset, record_time = excluded.record_time,
    record_key = excluded.record_key, record_value = excluded.record_value, header_names = excluded.header_names,
    header_values = excluded.header_values, host = excluded.host, reason = excluded.reason, due_at = excluded.due_at, leased_until = null, lease = null,
    abandoned = f.abandoned and f.incarnation_id = excluded.incarnation_id and f.partition = excluded.partition and f.record_offset = excluded.record_offset
