-- role: sluice_admin · locks: the new rows · plan: one scan of rendition, in the order of its primary key
-- What generation $2 has of documents, of one tenant or of all, in slices of $4; those that come to it from now on come by the topics.
insert into reindex_slice (reindex_id, slice, tenant_id, first_document, last_document, documents)
select $1::int, row_number() over (order by s.tenant_id, s.part), s.tenant_id, min(s.document_id), max(s.document_id), count(*)
from (
    select r.tenant_id, r.document_id, (row_number() over (partition by r.tenant_id order by r.document_id) - 1) / $4::int as part
    from rendition r
    where r.generation_id = $2::int and r.tenant_id > 0 and r.state > 0 and ($3::int is null or r.tenant_id = $3::int)) s
group by s.tenant_id, s.part
