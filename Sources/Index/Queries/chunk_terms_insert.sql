-- role: sluice_ingest · locks: new rows only · plan: function scan
-- Title and headings count as words of the chunk, as they do for its vector. to_tsvector and the index's entries are most of what a document's rows cost.
insert into chunk_terms (generation_id, tenant_id, document_id, ordinal, terms)
select $1::int, t.tenant_id, t.document_id, t.ordinal, to_tsvector('english', t.words)
from unnest($2::int[], $3::bigint[], $4::int[], $5::text[]) as t (tenant_id, document_id, ordinal, words)
