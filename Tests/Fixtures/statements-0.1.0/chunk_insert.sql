-- role: sluice_ingest · locks: new rows only · plan: function scan
-- headings: each chunk's path as an array literal, since arrays of arrays are rectangular.
insert into chunk (generation_id, tenant_id, document_id, ordinal, span_start, span_end, headings, page, embedding_text_digest)
select $1::int, c.tenant_id, c.document_id, c.ordinal, c.span_start, c.span_end, c.headings::text[], c.page, c.digest
from unnest($2::int[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::text[], $8::int[], $9::bytea[])
    as c (tenant_id, document_id, ordinal, span_start, span_end, headings, page, digest)
