-- role: sluice_ingest · locks: the rows it changes · plan: unique index on (tenant_id, source, name)
-- Those that began earlier, and nobody has decided: a newer one is whole. One that a worker has locked at present finds out by itself.
update source_snapshot s set state = 5, decided_at = now()
where (s.tenant_id, s.snapshot_id) in (
    select o.tenant_id, o.snapshot_id from source_snapshot o
    where o.tenant_id = $1::int and o.source = $2::text and o.state in (1, 2) and (o.begun_at, o.snapshot_id) < ($3::bigint, $4::bigint)
    for update skip locked)
