-- role: sluice_admin · locks: none, the row is locked by erasure_document_lock · plan: primary key; one scan of the tenant's documents and of its renditions
-- Whether a newer event has come since it was deleted, and what else needs the name: documents inside it, and containers.
select d.fact = 1, coalesce(p.state in (1, 2, 4), false),
    (select count(*) from document m where m.tenant_id = d.tenant_id and m.container_id = d.document_id and m.document_id <> d.document_id)
    + (select count(*) from rendition r where r.tenant_id = d.tenant_id and r.container_id = d.document_id and r.document_id <> d.document_id)
    + (select count(*) from permission c where c.tenant_id = d.tenant_id and c.parent_id = d.document_id)
from document d
left join permission p on p.tenant_id = d.tenant_id and p.document_id = d.document_id
where d.tenant_id = $1::int and d.document_id = $2::bigint
