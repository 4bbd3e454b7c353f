-- role: sluice_ingest · locks: the rows, whose names are locked by document_lock · plan: nested loop over the primary key
-- As if a generation had never come to these documents, but for the highest sequence, which none that is not numbered takes over from: no event tells it of
-- their deletion, and should one of them come back it is made anew.
update rendition r
set state = 0, sequence = null, digest = null, incarnation_id = null, partition = null, record_offset = null,
    record_time = null, settled_token = 0, container_id = null, container_list_id = null, expires_at = null, chunks = 0
from unnest($2::int[], $3::bigint[]) as n (tenant_id, document_id)
where r.tenant_id = n.tenant_id and r.generation_id = $1::int and r.document_id = n.document_id
