-- role: sluice_admin · locks: none · plan: the tenant's history of groups, once: asked rarely
-- Every group's members as they were at a moment: source and name, whether it was closed, and its members.
select distinct on (a.source, a.subject) a.source, a.subject, a.state, a.members
from tenant t
join access_change a on a.tenant_id = t.tenant_id and a.subject_kind = 'group' and a.changed_at <= $2::timestamptz
where t.name = $1::text
order by a.source, a.subject, a.access_change_id desc
