-- role: sluice_retrieval · locks: none · plan: nested loops over primary keys
-- permissionsVersion is of the entry that states the list in force: the document's own, or the one its container has it from.
select h.ordinality::int, d.source, d.subject, c.title, c.uri, c.media_type, c.language, c.metadata::text,
    substring(c.body from k.span_start + 1 for k.span_end - k.span_start), k.span_start, k.span_end, k.headings, k.page, c.body_digest,
    i.topic, r.partition, r.record_offset, r.sequence, p.partition, p.record_offset, p.sequence
from unnest($3::bigint[], $4::int[]) with ordinality as h (document_id, ordinal, ordinality)
join chunk k on k.tenant_id = $1::int and k.generation_id = $2::int and k.document_id = h.document_id and k.ordinal = h.ordinal
join rendition_content c on c.tenant_id = k.tenant_id and c.generation_id = k.generation_id and c.document_id = k.document_id
join rendition r on r.tenant_id = k.tenant_id and r.generation_id = k.generation_id and r.document_id = k.document_id
join document d on d.tenant_id = k.tenant_id and d.document_id = k.document_id
join topic_incarnation i on i.incarnation_id = r.incarnation_id
join access_list l on l.tenant_id = d.tenant_id and l.access_list_id = d.access_list_id
join permission p on p.tenant_id = d.tenant_id and p.document_id = case when d.has_own_list then d.document_id else l.granted_by end
order by h.ordinality
