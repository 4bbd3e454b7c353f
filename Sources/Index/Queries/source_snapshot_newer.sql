-- role: sluice_ingest · locks: none · plan: unique index on (tenant_id, source, name)
-- Whether a snapshot of the source that began later, or as late and was heard of later, has been whole.
select exists (
    select from source_snapshot s
    where s.tenant_id = $1::int and s.source = $2::text and s.state in (2, 3, 4) and (s.begun_at, s.snapshot_id) > ($3::bigint, $4::bigint))
