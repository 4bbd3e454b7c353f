-- role: sluice_ingest · locks: the row · plan: primary key
-- Whoever has come to its end, with the lease or without: what it made is there.
update reindex_slice set finished_at = now(), refused = $3::int, lease = null, leased_until = null
where reindex_id = $1::int and slice = $2::int and finished_at is null
