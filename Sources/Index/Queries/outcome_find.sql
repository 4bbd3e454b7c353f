-- role: sluice_ingest · locks: none · plan: nested loop over the primary key
select i.topic, o.partition, o.record_offset, t.name, o.record_key, o.correlation_id, o.traceparent, o.tracestate, o.outcome, o.code,
    o.reason, o.generation, o.chunks, o.embedded, o.reused, o.incarnation_id, o.snapshot
from unnest($2::int[], $3::int[], $4::bigint[]) as p (incarnation_id, partition, record_offset)
join outcome o on o.consumer_group = $1::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition
    and o.record_offset = p.record_offset
join tenant t on t.tenant_id = o.tenant_id
join topic_incarnation i on i.incarnation_id = o.incarnation_id
