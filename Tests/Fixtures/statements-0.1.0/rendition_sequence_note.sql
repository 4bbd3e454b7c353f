-- role: sluice_ingest · locks: the rows, whose names are locked by document_lock · plan: nested loop over the primary key
-- The highest sequence ever seen is kept, also that of a version which waited and never took force.
update rendition r
set highest_sequence = greatest(r.highest_sequence, n.sequence)
from unnest($2::int[], $3::bigint[], $4::bigint[]) as n (tenant_id, document_id, sequence)
where r.tenant_id = n.tenant_id and r.generation_id = $1::int and r.document_id = n.document_id
