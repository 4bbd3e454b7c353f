-- role: sluice_ingest · locks: the lists that change, under the source's access_lock · plan: recursive over permission_parent and primary keys
-- Resolves anew the lists of these names as containers, and of all that inherit through them. A walk ends at the first list; at an entry
-- that could not be read, at nothing, or where it comes back to a container it has passed: nobody.
with recursive below (tenant_id, document_id) as (
    select n.tenant_id, n.document_id from unnest($1::int[], $2::bigint[]) as n (tenant_id, document_id)
    union
    select p.tenant_id, p.document_id
    from below b join permission p on p.tenant_id = b.tenant_id and p.parent_id = b.document_id and p.state = 2)
update access_list l
set principal_set_id = r.principal_set_id, granted_by = r.granted_by
from (
    select a.tenant_id, a.access_list_id, found.principal_set_id, found.granted_by
    from below b
    join access_list a on a.tenant_id = b.tenant_id and a.container_id = b.document_id
    left join lateral (
        with recursive up (document_id) as (
            select b.document_id
            union
            select p.parent_id from up join permission p on p.tenant_id = b.tenant_id and p.document_id = up.document_id
            where p.state = 2)
        select p.principal_set_id, p.document_id as granted_by
        from up join permission p on p.tenant_id = b.tenant_id and p.document_id = up.document_id
        where p.state = 1) found on true) r
where l.tenant_id = r.tenant_id and l.access_list_id = r.access_list_id
    and (l.principal_set_id, l.granted_by) is distinct from (r.principal_set_id, r.granted_by)
