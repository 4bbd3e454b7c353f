-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into passage_terms (generation_id, tenant_id, document_id, data)
select $1::int, t.* from unnest($2::int[], $3::bigint[], $4::bytea[]) as t (tenant_id, document_id, data)
