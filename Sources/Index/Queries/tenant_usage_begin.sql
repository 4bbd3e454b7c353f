-- role: sluice_admin · locks: the rows · plan: one row for each generation
-- From the quota's transaction on triggers count; what was there before is added by tenant_usage_count.
insert into tenant_usage (tenant_id, generation_id, counted)
select $1::int, g.generation_id, false from generation g where g.generation_id > 0 order by 2
on conflict (tenant_id, generation_id) do update set documents = 0, bytes = 0, counted = false
