-- role: sluice_admin · locks: none · plan: access_entry_set
select e.principal, e.deny
from tenant t
join access_entry e on e.principal_set_id = $2::bigint and e.tenant_id = t.tenant_id
where t.name = $1::text
order by e.deny, e.principal
