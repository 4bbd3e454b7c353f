-- role: sluice_ingest · locks: rows locked already by document_lock · plan: nested loops over primary keys and access_list's unique indexes
-- The list in force of a document: its own entry's, else its container's. An entry that could not be read closes.
update document d
set access_list_id = s.access_list_id, has_own_list = s.has_own_list
from (
    select c.tenant_id, c.document_id, coalesce(p.state in (1, 4), false) as has_own_list,
        case when p.state = 4 then null when p.state = 1 then own.access_list_id else box.access_list_id end as access_list_id
    from unnest($1::int[], $2::bigint[]) as u (tenant_id, document_id)
    join document c on c.tenant_id = u.tenant_id and c.document_id = u.document_id
    left join permission p on p.tenant_id = c.tenant_id and p.document_id = c.document_id
    left join access_list own on own.tenant_id = p.tenant_id and own.principal_set_id = p.principal_set_id and own.container_id is null
    left join access_list box on box.tenant_id = c.tenant_id and box.container_id = c.container_id) s
where d.tenant_id = s.tenant_id and d.document_id = s.document_id
    and (d.access_list_id, d.has_own_list) is distinct from (s.access_list_id, s.has_own_list)
