-- role: sluice_admin · locks: the row · plan: primary key
update erasure set receipt = $2::jsonb, finished_at = coalesce(finished_at, clock_timestamp()) where erasure_id = $1::int
