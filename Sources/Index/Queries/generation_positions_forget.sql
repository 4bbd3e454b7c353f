-- role: sluice_admin · locks: the rows · plan: primary key
-- Another generation of the name begins at the beginning; whoever works for this one is refused its next write.
delete from applied_position where consumer_group = $1::text
