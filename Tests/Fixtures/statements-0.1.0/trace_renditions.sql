-- role: sluice_admin · locks: none · plan: unique index of document, primary keys
-- What each generation has of a document, and what it waits for; title and text only where asked for.
select g.name, g.is_live, r.state, r.sequence, r.partition, r.record_offset, coalesce(r.settled_token = d.fact_token, false), r.chunks, c.media_type,
    c.language, octet_length(c.body)::bigint, c.body_digest, case when $4::boolean then c.title end, w.host, w.reason, w.attempts, w.due_at,
    case when $4::boolean then c.body end
from tenant t
cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
cross join generation g
left join lateral (
    select * from rendition where tenant_id = d.tenant_id and generation_id = g.generation_id and document_id = d.document_id) r on true
left join lateral (
    select * from rendition_content where tenant_id = d.tenant_id and generation_id = g.generation_id and document_id = d.document_id) c on true
left join lateral (
    select * from deferred where tenant_id = d.tenant_id and generation_id = g.generation_id and document_id = d.document_id) w on true
where t.name = $1::text and g.generation_id > 0
order by g.generation_id
