-- role: sluice_ingest · locks: the rows it deletes, whose snapshot is locked by source_snapshot_lock · plan: range of the primary key
delete from source_snapshot_member m
using (
    select tenant_id, snapshot_id, document_id from source_snapshot_member where tenant_id = $1::int and snapshot_id = $2::bigint limit $3::int) g
where m.tenant_id = g.tenant_id and m.snapshot_id = g.snapshot_id and m.document_id = g.document_id
