-- role: sluice_ingest · locks: rows locked already by document_lock · plan: nested loop over the primary key
-- By a snapshot, and no event of the source: until one follows.
update document d set absent_token = d.fact_token, absent_snapshot_id = $3::bigint
from unnest($1::int[], $2::bigint[]) as a (tenant_id, document_id)
where d.tenant_id = a.tenant_id and d.document_id = a.document_id
