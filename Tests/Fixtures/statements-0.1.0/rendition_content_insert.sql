-- role: sluice_ingest · locks: new rows only · plan: function scan
-- Not COPY, nor the three statements beside it: row-level security refuses COPY FROM, and a batch a statement costs little more (docs/benchmarks.md).
insert into rendition_content (generation_id, tenant_id, document_id, content_digest, title, uri, media_type, language, modified_at, metadata,
    body, body_digest)
select $1::int, c.*
from unnest($2::int[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::jsonb[], $11::bytea[],
    $12::bytea[]) as c
