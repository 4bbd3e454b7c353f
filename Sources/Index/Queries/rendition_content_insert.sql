-- role: sluice_ingest · locks: new rows only · plan: values
insert into rendition_content (tenant_id, generation_id, document_id, content_digest, title, uri, media_type, language, modified_at, metadata,
    body, body_digest)
values ($1::int, $2::int, $3::bigint, $4::bytea, $5::text, $6::text, $7::text, $8::text, $9::timestamptz, $10::jsonb, $11::bytea, $12::bytea)
