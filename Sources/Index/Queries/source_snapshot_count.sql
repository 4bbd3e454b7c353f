-- role: sluice_ingest · locks: none · plan: range of the unique index of document on (tenant_id, source), hash or nested loop joins by primary keys
-- The source's documents; those that the snapshot does not name and that are older than it (Contract's SnapshotHorizon); and the others not named.
select count(*)::int, (count(*) filter (where not s.named and s.older))::int, (count(*) filter (where not s.named and not s.older))::int
from (
    select m.document_id is not null as named, greatest(d.record_time, d.repeated_time) < $4::bigint and (p.first_offset is null or d.record_offset < p.first_offset) as older
    from document d
    left join source_snapshot_member m on m.tenant_id = d.tenant_id and m.snapshot_id = $3::bigint and m.document_id = d.document_id
    left join source_snapshot_start p on p.tenant_id = d.tenant_id and p.snapshot_id = $3::bigint and p.incarnation_id = d.incarnation_id
        and p.partition = d.partition
    where d.tenant_id = $1::int and d.source = $2::text and d.fact = 1) s
