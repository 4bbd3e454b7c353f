-- role: sluice_admin · locks: the row, as ingestion does · plan: unique index of document, twice
-- Under its name, or under its keyed hash. Only locks: erasure_document_load reads.
select d.document_id from document d
where d.tenant_id = $1::int and ((d.source = $2::text and d.subject = $3::text) or (d.source = '$erased' and d.subject = $4::text))
for update of d
