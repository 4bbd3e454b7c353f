-- role: sluice_admin · locks: none · plan: primary key
select partition, next_offset from applied_position where consumer_group = $1::text and incarnation_id = $2::int
