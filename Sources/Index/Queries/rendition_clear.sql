-- role: sluice_ingest · locks: what belongs to renditions whose names are locked · plan: nested loops over primary keys
with gone as (select * from unnest($2::int[], $3::bigint[]) as n (tenant_id, document_id)),
    chunks as (delete from chunk c using gone g where c.tenant_id = g.tenant_id and c.generation_id = $1::int and c.document_id = g.document_id),
    terms as (delete from chunk_terms t using gone g where t.tenant_id = g.tenant_id and t.generation_id = $1::int and t.document_id = g.document_id),
    packs as (delete from vector_pack v using gone g where v.tenant_id = g.tenant_id and v.generation_id = $1::int and v.document_id = g.document_id)
delete from rendition_content r using gone g where r.tenant_id = g.tenant_id and r.generation_id = $1::int and r.document_id = g.document_id
