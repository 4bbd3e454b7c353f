-- role: sluice_admin · locks: none · plan: member_group's primary key, group_member_group once for each group
-- A page of groups after one: state, sequence, members. Of those that were taken away only what a sequence protects.
select g.principal, g.state, g.sequence,
    array(select m.member from group_member m where m.group_principal = g.principal and m.tenant_id + 0 = g.tenant_id order by 1)
from member_group g
where g.tenant_id = $1::int and g.principal > $2::text and (g.state in (1, 3) or g.state = 2 and g.sequence is not null)
order by g.principal
limit $3::int
