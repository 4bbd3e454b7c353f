-- role: sluice_admin · locks: none · plan: access_entry's primary key; one scan of the tenant's permissions
-- Names whose list in force names somebody.
select n.source, n.subject, bool_or(e.deny)
from access_entry e
join permission p on p.tenant_id = e.tenant_id and p.principal_set_id = e.principal_set_id
join document n on n.tenant_id = p.tenant_id and n.document_id = p.document_id
where e.tenant_id = $1::int and e.principal = $2::text
group by n.source, n.subject
order by n.source, n.subject
