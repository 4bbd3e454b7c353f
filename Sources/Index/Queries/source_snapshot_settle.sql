-- role: sluice_ingest · locks: the row, locked already by source_snapshot_lock · plan: primary keys
with starts as (delete from source_snapshot_start where tenant_id = $1::int and snapshot_id = $2::bigint)
update source_snapshot set settled_at = now() where tenant_id = $1::int and snapshot_id = $2::bigint
