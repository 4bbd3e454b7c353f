-- role: sluice_admin · locks: none · plan: primary keys
-- Whether its workers have begun anywhere; and whether that was later than the topics do.
select exists (select from applied_position where consumer_group = $2::text), (select g.begins_late from generation g where g.generation_id = $1::int)
