-- role: sluice_admin · locks: the rows · plan: sequential scan
-- From now on, for $2 seconds, whoever answers questions reads what it needs of this one, and of no other.
update generation
set expected_until = case when generation_id = $1::int and dropped_at is null and not is_live then now() + make_interval(secs => $2::int) end
where generation_id = $1::int or expected_until is not null
