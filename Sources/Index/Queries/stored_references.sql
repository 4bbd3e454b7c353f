-- role: sluice_ingest · locks: none, the names are locked by document_lock · plan: nested loop over primary keys
-- Of these documents in generation $1: what is asked for again, when, and the content that it is about.
select n.ordinality::int, f.incarnation_id, i.topic, f.partition, f.record_offset, f.record_time, f.record_key, f.record_value, f.header_names,
    f.header_values, f.etag, greatest(0, extract(epoch from f.due_at - now()) * 1000)::bigint, c.content_digest
from unnest($2::int[], $3::bigint[]) with ordinality as n (tenant_id, document_id, ordinality)
join reference_refresh f on f.tenant_id = n.tenant_id and f.generation_id = $1::int and f.document_id = n.document_id
join rendition_content c on c.tenant_id = f.tenant_id and c.generation_id = f.generation_id and c.document_id = f.document_id
join topic_incarnation i on i.incarnation_id = f.incarnation_id
