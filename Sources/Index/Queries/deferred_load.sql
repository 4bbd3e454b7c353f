-- role: sluice_ingest · locks: none, the names are locked by document_lock · plan: nested loop over the primary key
select n.ordinality::int, f.incarnation_id, i.topic, f.partition, f.record_offset, f.record_time, f.record_key, f.record_value, f.header_names,
    f.header_values, f.attempts, f.lease, f.abandoned, extract(epoch from now() - f.deferred_at)::bigint, f.cause
from unnest($2::int[], $3::bigint[]) with ordinality as n (tenant_id, document_id, ordinality)
join deferred f on f.tenant_id = n.tenant_id and f.generation_id = $1::int and f.document_id = n.document_id
join topic_incarnation i on i.incarnation_id = f.incarnation_id
