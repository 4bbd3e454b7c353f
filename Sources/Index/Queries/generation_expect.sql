-- role: sluice_admin · locks: the row · plan: primary key
-- From now on, for $2 seconds, whoever answers questions reads what it needs of it.
update generation set expected_until = now() + make_interval(secs => $2::int) where generation_id = $1::int and dropped_at is null and not is_live
