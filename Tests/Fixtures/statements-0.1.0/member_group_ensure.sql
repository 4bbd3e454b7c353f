-- role: sluice_ingest · locks: the new rows, in key order · plan: primary key
insert into member_group (tenant_id, principal, state)
select g.tenant_id, g.principal, 0 from unnest($1::int[], $2::text[]) as g (tenant_id, principal)
order by g.tenant_id, g.principal collate "C"
on conflict (tenant_id, principal) do nothing
