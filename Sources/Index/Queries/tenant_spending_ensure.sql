-- role: sluice_ingest · locks: the row when it is new · plan: primary key
insert into tenant_spending (tenant_id, day, tokens) values ($1::int, (now() at time zone 'UTC')::date, 0) on conflict (tenant_id) do nothing
