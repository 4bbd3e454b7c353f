-- role: sluice_ingest · locks: none · plan: partial index outcome_unpublished, once for each incarnation of the topic
-- Of earlier incarnations too: whoever wrote those may have gone with the topic.
select i.topic, o.partition, o.record_offset, t.name, o.record_key, o.correlation_id, o.traceparent, o.tracestate, o.outcome, o.code,
    o.reason, o.generation, o.chunks, o.embedded, o.reused, o.incarnation_id, o.snapshot
from topic_incarnation mine
join topic_incarnation i on i.topic = mine.topic
join outcome o on o.incarnation_id = i.incarnation_id
join tenant t on t.tenant_id = o.tenant_id
where mine.incarnation_id = $2::int and o.consumer_group = $1::text and o.published_at is null and o.speaks and o.partition = $3::int
    and o.recorded_at <= now() - $5::bigint * interval '1 millisecond'
order by o.incarnation_id, o.record_offset
limit $4::int
