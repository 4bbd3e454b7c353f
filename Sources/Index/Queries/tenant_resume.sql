-- role: sluice_admin · locks: the row · plan: unique index on name
update tenant set suspended_at = null where name = $1::text and suspended_at is not null and deleted_at is null
