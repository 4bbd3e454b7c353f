-- role: sluice_ingest · locks: none, the snapshot is locked by source_snapshot_lock · plan: primary key
select incarnation_id, partition, first_offset from source_snapshot_start where tenant_id = $1::int and snapshot_id = $2::bigint
