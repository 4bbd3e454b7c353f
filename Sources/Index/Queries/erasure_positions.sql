-- role: sluice_admin · locks: none · plan: unique index of document, primary keys, document_change_document
-- Where records of a document and of its entry have stood: their topics and partitions; with the sequence in force, where there is one.
-- A generation stands in every row to look up, as rendition is found by tenant, generation and document.
with named as materialized (
    select d.* from document d
    where d.tenant_id = $1::int and ((d.source = $2::text and d.subject = $3::text) or (d.source = '$erased' and d.subject = $4::text))),
stood (is_entry, incarnation_id, partition, sequence) as (
    select false, n.incarnation_id, n.partition, n.sequence from named n
    union select false, h.incarnation_id, h.partition, null from named n
        join document_change h on h.tenant_id = n.tenant_id and h.document_id = n.document_id
    union select false, r.incarnation_id, r.partition, null from named n cross join generation g
        join rendition r on r.tenant_id = n.tenant_id and r.generation_id = g.generation_id and r.document_id = n.document_id
    union select false, f.incarnation_id, f.partition, null from named n cross join generation g
        join deferred f on f.tenant_id = n.tenant_id and f.generation_id = g.generation_id and f.document_id = n.document_id
    union select true, p.incarnation_id, p.partition, p.sequence from named n
        join permission p on p.tenant_id = n.tenant_id and p.document_id = n.document_id
    union select true, a.incarnation_id, a.partition, null from named n
        join access_change a on a.tenant_id = n.tenant_id and a.source = n.source and a.subject = n.subject and a.subject_kind = 'permission')
select s.is_entry, i.topic, s.partition, max(s.sequence)
from stood s join topic_incarnation i on i.incarnation_id = s.incarnation_id
where i.topic <> '$canary'
group by s.is_entry, i.topic, s.partition
order by 1, 2, 3
