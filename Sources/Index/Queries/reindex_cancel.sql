-- role: sluice_admin · locks: the row · plan: primary key
-- What it has written stays; it counts as unfinished no longer.
delete from reindex where reindex_id = $1::int and finished_at is null
