-- role: sluice_admin · locks: the row · plan: primary key
-- From now on it is everybody's: what others had published before is missing.
update generation set is_live = true, promoted_at = now(), retired_at = null, expected_until = null, begins_late = begins_late or only_tenant is not null, only_tenant = null
where generation_id = $1::int and dropped_at is null
