-- role: sluice_ingest · locks: the new rows, whose snapshots are locked by source_snapshot_lock · plan: primary key
insert into source_snapshot_member (tenant_id, snapshot_id, document_id)
select m.tenant_id, m.snapshot_id, m.document_id
from unnest($1::int[], $2::bigint[], $3::bigint[]) as m (tenant_id, snapshot_id, document_id)
on conflict (tenant_id, snapshot_id, document_id) do nothing
returning snapshot_id, document_id
