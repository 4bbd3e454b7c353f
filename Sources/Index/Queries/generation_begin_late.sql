-- role: sluice_admin · locks: the row · plan: primary key
-- Whether what it is filled with begins later than its topics do.
update generation set begins_late = $2::boolean where generation_id = $1::int
