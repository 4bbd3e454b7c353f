-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into group_member (tenant_id, group_principal, member)
select $1::int, $2::text, m.member from unnest($3::text[]) as m (member)
