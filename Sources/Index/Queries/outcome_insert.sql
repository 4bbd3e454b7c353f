-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, record_key, correlation_id, traceparent, tracestate,
    outcome, code, reason, generation, chunks, embedded, reused, speaks)
select $1::text, o.*
from unnest($2::int[], $3::int[], $4::bigint[], $5::int[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::text[], $13::text[], $14::int[], $15::int[], $16::int[], $17::boolean[]) as o
on conflict (consumer_group, incarnation_id, partition, record_offset) do nothing
