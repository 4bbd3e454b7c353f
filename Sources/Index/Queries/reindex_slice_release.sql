-- role: sluice_ingest · locks: the row · plan: primary key
-- Left to the next worker, which finds what was made of it.
update reindex_slice set lease = null, leased_until = null where reindex_id = $1::int and slice = $2::int and lease = $3::bigint
