-- role: sluice_ingest · locks: what belongs to renditions whose names are locked · plan: nested loops over primary keys
-- chunk_terms: what a binary of an earlier schema left.
-- The generation stands in every row to look up: as a constant it would, on tables without statistics, be all that is looked up.
with gone as materialized (
        select n.tenant_id, $1::int as generation_id, n.document_id from unnest($2::int[], $3::bigint[]) as n (tenant_id, document_id)),
    chunks as (delete from chunk c using gone g
        where c.tenant_id = g.tenant_id and c.generation_id = g.generation_id and c.document_id = g.document_id),
    terms as (delete from chunk_terms t using gone g
        where t.tenant_id = g.tenant_id and t.generation_id = g.generation_id and t.document_id = g.document_id),
    words as (delete from passage_terms t using gone g
        where t.tenant_id = g.tenant_id and t.generation_id = g.generation_id and t.document_id = g.document_id),
    packs as (delete from vector_pack v using gone g
        where v.tenant_id = g.tenant_id and v.generation_id = g.generation_id and v.document_id = g.document_id)
delete from rendition_content r using gone g
where r.tenant_id = g.tenant_id and r.generation_id = g.generation_id and r.document_id = g.document_id
