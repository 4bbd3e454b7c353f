-- role: sluice_ingest · locks: none · plan: nested loops over primary keys
-- What generation $1 has of these documents, for another one to be made of it. Of names that were erased there is nothing to be made.
select n.ordinality::int, d.source, d.subject, r.state, r.sequence, r.highest_sequence, r.digest, r.incarnation_id, i.topic, r.partition, r.record_offset,
    r.record_time, r.settled_token, b.subject, r.expires_at, c.content_digest, c.title, c.uri, c.media_type, c.language, c.modified_at, c.metadata, c.body
from unnest($2::int[], $3::bigint[]) with ordinality as n (tenant_id, document_id, ordinality)
cross join lateral (
    select * from document d where d.tenant_id = n.tenant_id and d.document_id = n.document_id limit 1) d
cross join lateral (
    select * from rendition r where r.tenant_id = n.tenant_id and r.generation_id = $1::int and r.document_id = n.document_id limit 1) r
left join topic_incarnation i on i.incarnation_id = r.incarnation_id
left join document b on b.tenant_id = r.tenant_id and b.document_id = r.container_id and b.source = d.source
left join rendition_content c on r.state = 1 and c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
order by n.ordinality
