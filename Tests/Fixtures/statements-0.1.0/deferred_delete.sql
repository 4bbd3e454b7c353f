-- role: sluice_ingest · locks: the rows, whose names are locked by document_lock · plan: nested loop over the primary key
delete from deferred f
using unnest($2::int[], $3::bigint[]) as n (tenant_id, document_id)
where f.tenant_id = n.tenant_id and f.generation_id = $1::int and f.document_id = n.document_id
