-- role: sluice_ingest · locks: the row · plan: primary key
update reindex_slice set leased_until = now() + $4::bigint * interval '1 millisecond' where reindex_id = $1::int and slice = $2::int and lease = $3::bigint
