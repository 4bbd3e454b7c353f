-- role: sluice_ingest · locks: the new rows, in their order · plan: primary key
-- A generation made after the quota begins with nothing.
insert into tenant_usage (tenant_id, generation_id)
select n.tenant_id, $1::int from unnest($2::int[]) as n (tenant_id) order by 1
on conflict (tenant_id, generation_id) do nothing
