-- role: sluice_ingest · locks: the row, locked already by tenant_spending_lock · plan: primary key
update tenant_spending set day = (now() at time zone 'UTC')::date, tokens = $2::bigint where tenant_id = $1::int
