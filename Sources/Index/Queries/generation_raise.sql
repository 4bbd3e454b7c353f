-- role: sluice_admin · locks: the row · plan: primary key
-- From now on it is everybody's.
update generation set is_live = true, promoted_at = now(), retired_at = null, only_tenant = null where generation_id = $1::int and dropped_at is null
