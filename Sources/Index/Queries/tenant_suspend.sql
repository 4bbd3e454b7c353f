-- role: sluice_admin · locks: the row · plan: unique index on name
update tenant set suspended_at = now() where name = $1::text and suspended_at is null and deleted_at is null
