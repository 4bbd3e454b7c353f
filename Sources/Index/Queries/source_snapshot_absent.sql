-- role: sluice_ingest · locks: none · plan: range of the unique index of document on (tenant_id, source, subject), anti joins by primary keys
-- Documents that the snapshot does not name and that are older than it, behind a subject in the order of their bytes.
select d.subject
from document d
where d.tenant_id = $1::int and d.source = $2::text and d.subject > $5::text and d.fact = 1 and greatest(d.record_time, d.repeated_time) < $4::bigint
    and not exists (select from source_snapshot_member m where m.tenant_id = d.tenant_id and m.snapshot_id = $3::bigint and m.document_id = d.document_id)
    and not exists (
        select from source_snapshot_start p
        where p.tenant_id = d.tenant_id and p.snapshot_id = $3::bigint and p.incarnation_id = d.incarnation_id and p.partition = d.partition
            and p.first_offset <= d.record_offset)
order by d.subject
limit $6::int
