-- role: sluice_ingest · locks: the row, locked already by source_snapshot_lock · plan: primary key
update source_snapshot
set state = $3::smallint, existing = coalesce($4::int, existing), absent = coalesce($5::int, absent), newer = coalesce($6::int, newer),
    deleted = deleted + $7::int, decided_at = coalesce(decided_at, now())
where tenant_id = $1::int and snapshot_id = $2::bigint
