-- role: sluice_retrieval · locks: none · plan: nested loops over primary keys
-- permissionsVersion is of the entry that states the list in force: the document's own, or the one its container has it from.
-- With $5 over 0 also the text of so many passages around, of which the outermost bytes are the span.
-- Each row is looked up by itself (`offset 0`): a join would be planned by guesses of how many rows there are.
select h.ordinality::int, d.source, d.subject, c.title, c.uri, c.media_type, c.language, c.metadata::text,
    substring(c.body from k.span_start + 1 for k.span_end - k.span_start), k.span_start, k.span_end, k.headings, k.page, c.body_digest,
    i.topic, r.partition, r.record_offset, r.sequence, p.partition, p.record_offset, p.sequence,
    case when $5::int > 0 then substring(c.body from a.span_start + 1 for a.span_end - a.span_start) end, a.span_start, a.span_end
from unnest($3::bigint[], $4::int[]) with ordinality as h (document_id, ordinal, ordinality)
cross join lateral (
    select * from chunk where tenant_id = $1::int and generation_id = $2::int and document_id = h.document_id and ordinal = h.ordinal offset 0) k
cross join lateral (
    select least(k.span_start, min(n.span_start)) as span_start, greatest(k.span_end, max(n.span_end)) as span_end
    from chunk n
    where $5::int > 0 and n.tenant_id = $1::int and n.generation_id = $2::int and n.document_id = h.document_id
        and n.ordinal between h.ordinal - $5::int and h.ordinal + $5::int) a
cross join lateral (
    select * from rendition_content where tenant_id = $1::int and generation_id = $2::int and document_id = h.document_id offset 0) c
cross join lateral (select * from rendition where tenant_id = $1::int and generation_id = $2::int and document_id = h.document_id offset 0) r
cross join lateral (select * from document where tenant_id = $1::int and document_id = h.document_id offset 0) d
cross join lateral (select * from topic_incarnation where incarnation_id = r.incarnation_id offset 0) i
cross join lateral (select * from access_list where tenant_id = $1::int and access_list_id = d.access_list_id offset 0) l
cross join lateral (
    select * from permission
    where tenant_id = $1::int and document_id = case when d.has_own_list then d.document_id else l.granted_by end offset 0) p
order by h.ordinality
