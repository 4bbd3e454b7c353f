-- role: sluice_admin · locks: the row · plan: primary key
update generation set is_live = true, promoted_at = now(), retired_at = null where generation_id = $1::int and dropped_at is null
