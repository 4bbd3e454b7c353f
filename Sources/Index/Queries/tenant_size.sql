-- role: sluice_admin · locks: none · plan: primary keys' prefixes
-- What a tenant has: documents that exist, entries, groups, renditions of all generations, and documents that wait.
select (select count(*) from document d where d.tenant_id = t.tenant_id and d.fact = 1), (select count(*) from permission p where p.tenant_id = t.tenant_id),
    (select count(*) from member_group g where g.tenant_id = t.tenant_id), (select count(*) from rendition_content r where r.tenant_id = t.tenant_id),
    (select count(*) from deferred w where w.tenant_id = t.tenant_id)
from tenant t where t.name = $1::text
