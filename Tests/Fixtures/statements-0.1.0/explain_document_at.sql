-- role: sluice_admin · locks: none · plan: unique index of document, document_change_document
-- What was known of a document at a moment: the first of its ended states that ended after it, else what is known now. One row, or none.
-- since null: the history does not reach back to its beginning.
select coalesce(p.fact, d.fact), case when p.fact is null then d.sequence else p.sequence end,
    case when p.fact is null then d.partition else p.partition end, case when p.fact is null then d.record_offset else p.record_offset end,
    case when p.fact is null then d.facts_since else p.since end, c.subject,
    case when p.fact is null then d.expires_at else p.expires_at end, now()
from tenant t
cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
left join lateral (
    select * from document_change h
    where h.tenant_id = d.tenant_id and h.document_id = d.document_id and h.until > $4::timestamptz
    order by h.document_change_id limit 1) p on true
left join lateral (
    select subject from document
    where tenant_id = d.tenant_id and document_id = case when p.fact is null then d.container_id else p.container_id end) c on true
where t.name = $1::text
