-- role: sluice_ingest · locks: new rows only · plan: function scan
-- Title and headings count as words of the chunk, as they do for its vector.
insert into chunk_terms (tenant_id, generation_id, document_id, ordinal, terms)
select $1::int, $2::int, $3::bigint, t.ordinality - 1, to_tsvector('english', t.words)
from unnest($4::text[]) with ordinality as t (words, ordinality)
