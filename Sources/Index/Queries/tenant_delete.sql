-- role: sluice_admin · locks: the row · plan: unique index on name
-- The mark: nobody is answered and no event counts from its commit on.
update tenant set deleted_at = now() where name = $1::text and deleted_at is null
