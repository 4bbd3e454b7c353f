-- role: sluice_admin · locks: the row when it is new · plan: unique index on name
insert into tenant (name) values ($1::text) on conflict (name) do nothing returning tenant_id
