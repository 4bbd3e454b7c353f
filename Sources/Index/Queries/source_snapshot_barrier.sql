-- role: sluice_ingest · locks: the row, locked already by source_snapshot_lock · plan: primary key
update source_snapshot set barrier_incarnations = $3::int[], barrier_partitions = $4::int[], barrier_offsets = $5::bigint[]
where tenant_id = $1::int and snapshot_id = $2::bigint
