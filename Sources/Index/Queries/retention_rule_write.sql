-- role: sluice_admin · locks: the row · plan: unique index on name, primary key
insert into retention_rule as known (tenant_id, source, age_days, unseen_days, actor, reason)
select t.tenant_id, $2::text, $3::int, $4::int, $5::text, $6::text from tenant t where t.name = $1::text and t.deleted_at is null
on conflict (tenant_id, source) do update
set age_days = excluded.age_days, unseen_days = excluded.unseen_days, actor = excluded.actor, reason = excluded.reason, set_at = now()
