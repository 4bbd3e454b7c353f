-- role: sluice_admin · locks: none · plan: recursive over group_member's primary key, member_group_closed
-- The memberships that an asker's principals, and the tenant's closed groups, reach: each with the member that leads into it; closed groups have none.
with recursive tenants as (select tenant_id from tenant where name = $1::text),
closed (principal) as (select g.principal from tenants t join member_group g on g.tenant_id = t.tenant_id and g.state = 3),
around (principal) as (
    select p.principal collate "C" from unnest($2::text[]) as p (principal)
    union
    select c.principal from closed c
    union
    select m.group_principal from around a
    cross join lateral (
        select g.group_principal from tenants t join group_member g on g.tenant_id = t.tenant_id and g.member = a.principal offset 0) m)
select m.group_principal, m.member
from around a
cross join lateral (
    select g.group_principal, g.member from tenants t join group_member g on g.tenant_id = t.tenant_id and g.member = a.principal offset 0) m
union all
select c.principal, null from closed c
