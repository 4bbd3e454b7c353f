-- role: sluice_admin · locks: none · plan: primary key
select exists (select from applied_position where consumer_group = $1::text)
