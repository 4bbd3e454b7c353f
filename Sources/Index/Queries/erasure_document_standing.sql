-- role: sluice_admin · locks: none · plan: unique index of document, twice, primary keys; one scan of the tenant's documents and of its renditions
-- How a name stands, under itself or its keyed hash: what is in force of it and of its entry, and how many others need the name: documents
-- inside it, by their newest event or by what a generation shows of them, and containers.
select d.fact <> 0, d.fact = 2, d.sequence, p.state is not null, coalesce(p.state = 3, false), p.sequence,
    (select count(*) from (
        select m.document_id from document m where m.tenant_id = d.tenant_id and m.container_id = d.document_id and m.fact = 1
        union select r.document_id from rendition r join generation g on g.generation_id = r.generation_id and g.dropped_at is null
        where r.tenant_id = d.tenant_id and r.container_id = d.document_id and r.state = 1
        union select c.document_id from permission c where c.tenant_id = d.tenant_id and c.parent_id = d.document_id) inside
    where inside.document_id <> d.document_id)
from document d
left join permission p on p.tenant_id = d.tenant_id and p.document_id = d.document_id
where d.tenant_id = $1::int and ((d.source = $2::text and d.subject = $3::text) or (d.source = '$erased' and d.subject = $4::text))
