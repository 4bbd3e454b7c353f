-- role: sluice_admin · locks: none · plan: permission's primary key, document's, access_entry_set once for each entry
-- A page of entries after one: state, sequence, parent, whether a list is stated, who is allowed and who denied; not of names that were erased.
select p.document_id, d.source, d.subject, p.state, p.sequence, u.subject, p.principal_set_id is not null,
    array(select e.principal from access_entry e where e.principal_set_id = p.principal_set_id and e.tenant_id = p.tenant_id and not e.deny order by 1),
    array(select e.principal from access_entry e where e.principal_set_id = p.principal_set_id and e.tenant_id = p.tenant_id and e.deny order by 1)
from permission p
join document d on d.tenant_id = p.tenant_id and d.document_id = p.document_id
left join document u on u.tenant_id = p.tenant_id and u.document_id = p.parent_id
where p.tenant_id = $1::int and p.document_id > $2::bigint and (p.state <> 3 or p.sequence is not null) and d.source <> '$erased'
order by p.document_id
limit $3::int
