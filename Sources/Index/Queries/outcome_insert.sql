-- role: sluice_ingest · locks: the rows · plan: function scan; conflicts by the primary key
-- A record that ended keeps its outcome, however often it is delivered, and is not returned; what was deferred ends when it is tried again.
insert into outcome as known (consumer_group, incarnation_id, partition, record_offset, tenant_id, record_key, correlation_id, traceparent, tracestate,
    outcome, code, reason, generation, chunks, embedded, reused, speaks, snapshot)
select $1::text, o.*
from unnest($2::int[], $3::int[], $4::bigint[], $5::int[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::text[], $13::text[], $14::int[], $15::int[], $16::int[], $17::boolean[], $18::jsonb[]) as o
on conflict (consumer_group, incarnation_id, partition, record_offset) do update
set outcome = excluded.outcome, code = excluded.code, reason = excluded.reason, generation = excluded.generation, chunks = excluded.chunks,
    embedded = excluded.embedded, reused = excluded.reused, speaks = excluded.speaks, snapshot = excluded.snapshot, recorded_at = now(), published_at = null
where known.outcome = 'deferred'
returning known.incarnation_id, known.partition, known.record_offset
