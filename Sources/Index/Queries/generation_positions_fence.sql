-- role: sluice_admin · locks: rows locked already · plan: primary key
-- Whoever holds one of these partitions claims it anew, and learns whether its generation is live.
update applied_position set epoch = $3::bigint where consumer_group = any (array[$1::text, $2::text])
