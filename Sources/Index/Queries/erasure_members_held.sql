-- role: sluice_admin · locks: none · plan: group_member's primary key
select m.group_principal from group_member m where m.tenant_id = $1::int and m.member = $2::text order by m.group_principal
