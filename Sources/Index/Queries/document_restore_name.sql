-- role: sluice_ingest · locks: rows locked already by document_lock · plan: nested loop over the primary key
-- Something newer came for a name that was erased: it is a document again.
update document d
set source = n.source, subject = n.subject
from unnest($1::int[], $2::bigint[], $3::text[], $4::text[]) as n (tenant_id, document_id, source, subject)
where d.tenant_id = n.tenant_id and d.document_id = n.document_id
