-- role: sluice_ingest · locks: none, beside generation_lock's · plan: primary key
select is_live, dropped_at is not null, only_tenant from generation where generation_id = $1::int
