-- role: sluice_ingest · locks: none · plan: partial index outcome_unpublished
select i.topic, o.partition, o.record_offset, t.name, o.record_key, o.correlation_id, o.traceparent, o.tracestate, o.outcome, o.code,
    o.reason, o.generation, o.chunks, o.embedded, o.reused, o.incarnation_id
from outcome o join tenant t on t.tenant_id = o.tenant_id
join topic_incarnation i on i.incarnation_id = o.incarnation_id
where o.consumer_group = $1::text and o.published_at is null and o.speaks and o.incarnation_id = $2::int and o.partition = $3::int
    and o.recorded_at <= now() - $5::bigint * interval '1 millisecond'
order by o.record_offset
limit $4::int
