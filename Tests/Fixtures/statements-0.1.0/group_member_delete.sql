-- role: sluice_ingest · locks: the members of groups locked already · plan: nested loop over group_member_group
delete from group_member m
using unnest($1::int[], $2::text[]) as g (tenant_id, principal)
where m.tenant_id + 0 = g.tenant_id and m.group_principal = g.principal
