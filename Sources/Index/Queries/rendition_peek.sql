-- role: sluice_ingest · locks: none · plan: nested loop over unique indexes
-- What a generation has of these documents, to see before the work is done whether it is needed. Decided again under lock.
-- One look-up after another, fenced: on tables without statistics the planner would begin with every rendition of the tenant.
select n.ordinality::int, r.state, r.sequence, r.highest_sequence, r.digest, r.incarnation_id, i.topic, r.partition, r.record_offset, r.record_time,
    c.content_digest, octet_length(c.body)::bigint
from unnest($2::int[], $3::text[], $4::text[]) with ordinality as n (tenant_id, source, subject, ordinality)
cross join lateral (
    select d.document_id from document d where d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject limit 1) d
cross join lateral (
    select * from rendition r where r.tenant_id = n.tenant_id and r.generation_id = $1::int and r.document_id = d.document_id limit 1) r
left join topic_incarnation i on i.incarnation_id = r.incarnation_id
left join rendition_content c on c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
