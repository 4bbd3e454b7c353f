-- role: sluice_admin · locks: what belongs to a document whose row is locked · plan: nested loops over primary keys
-- Of every generation. A rendition's row stays with nothing but the highest sequence it has seen, and none keeps what came before the deletion any more,
-- whether the name stays or not.
with gone as materialized (select $1::int as tenant_id, g.generation_id, $2::bigint as document_id from generation g),
chunks as (delete from chunk c using gone g
    where c.tenant_id = g.tenant_id and c.generation_id = g.generation_id and c.document_id = g.document_id returning 1),
terms as (delete from chunk_terms t using gone g
    where t.tenant_id = g.tenant_id and t.generation_id = g.generation_id and t.document_id = g.document_id returning 1),
words as (delete from passage_terms t using gone g
    where t.tenant_id = g.tenant_id and t.generation_id = g.generation_id and t.document_id = g.document_id returning 1),
packs as (delete from vector_pack v using gone g
    where v.tenant_id = g.tenant_id and v.generation_id = g.generation_id and v.document_id = g.document_id returning 1),
facets as (delete from rendition_facets f using gone g
    where f.tenant_id = g.tenant_id and f.generation_id = g.generation_id and f.document_id = g.document_id returning 1),
contents as (delete from rendition_content r using gone g
    where r.tenant_id = g.tenant_id and r.generation_id = g.generation_id and r.document_id = g.document_id returning 1),
waiting as (delete from deferred f using gone g
    where f.tenant_id = g.tenant_id and f.generation_id = g.generation_id and f.document_id = g.document_id returning 1),
erased as (update document d set erased = true where d.tenant_id = $1::int and d.document_id = $2::bigint),
history as (delete from document_change h where h.tenant_id = $1::int and h.document_id = $2::bigint returning 1),
renditions as (update rendition r
    set state = 0, sequence = null, digest = null, incarnation_id = null, partition = null, record_offset = null, record_time = null, settled_token = 0,
        container_id = null, container_list_id = null, expires_at = null, chunks = 0
    from gone g where r.tenant_id = g.tenant_id and r.generation_id = g.generation_id and r.document_id = g.document_id returning 1)
select (select count(*) from contents), (select count(*) from renditions), (select count(*) from chunks), (select count(*) from packs),
    (select count(*) from words) + (select count(*) from terms), (select count(*) from facets), (select count(*) from waiting),
    (select count(*) from history)
