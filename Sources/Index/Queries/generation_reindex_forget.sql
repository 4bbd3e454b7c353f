-- role: sluice_admin · locks: the row, and its slices · plan: index reindex_running
-- What is dropped is not filled any more, and reads nothing of another generation.
delete from reindex where generation_id = $1::int and finished_at is null
