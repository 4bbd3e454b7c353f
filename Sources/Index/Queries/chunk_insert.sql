-- role: sluice_ingest · locks: new rows only · plan: function scan
-- headings arrive as one text[] of all chunks' paths and, per chunk, the slice that is its own.
insert into chunk (tenant_id, generation_id, document_id, ordinal, span_start, span_end, headings, page, embedding_text_digest)
select $1::int, $2::int, $3::bigint, c.ordinality - 1, c.span_start, c.span_end, coalesce(($4::text[])[c.headings_start + 1 : c.headings_end], '{}'),
    c.page, c.digest
from unnest($5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::bytea[]) with ordinality
    as c (span_start, span_end, headings_start, headings_end, page, digest, ordinality)
