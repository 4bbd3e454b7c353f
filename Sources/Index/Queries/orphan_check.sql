-- role: sluice_admin · locks: none · plan: ranges of primary keys, those of each generation by itself
-- Of a range of a tenant's documents what hangs on nothing, or lacks what it must have; each finding with how many there are.
with documents as materialized (
    select d.document_id, d.container_id, d.access_list_id from document d
    where d.tenant_id = $1::int and d.document_id > $2::bigint and d.document_id <= $3::bigint),
renditions as materialized (
    select r.generation_id, r.document_id, r.state, r.container_id, r.chunks from generation g
    join rendition r on r.tenant_id = $1::int and r.generation_id = g.generation_id and r.document_id > $2::bigint and r.document_id <= $3::bigint
    where g.dropped_at is null),
contents as materialized (
    select c.generation_id, c.document_id from generation g
    join rendition_content c on c.tenant_id = $1::int and c.generation_id = g.generation_id and c.document_id > $2::bigint and c.document_id <= $3::bigint
    where g.dropped_at is null),
chunks as materialized (
    select k.generation_id, k.document_id, count(*) as chunks from generation g
    join chunk k on k.tenant_id = $1::int and k.generation_id = g.generation_id and k.document_id > $2::bigint and k.document_id <= $3::bigint
    where g.dropped_at is null group by 1, 2),
packs as materialized (
    select v.generation_id, v.document_id, count(*) as packs from generation g
    join vector_pack v on v.tenant_id = $1::int and v.generation_id = g.generation_id and v.document_id > $2::bigint and v.document_id <= $3::bigint
    where g.dropped_at is null group by 1, 2),
words as materialized (
    select t.generation_id, t.document_id from generation g
    join passage_terms t on t.tenant_id = $1::int and t.generation_id = g.generation_id and t.document_id > $2::bigint and t.document_id <= $3::bigint
    where g.dropped_at is null),
facets as materialized (
    select f.generation_id, f.document_id from generation g
    join rendition_facets f on f.tenant_id = $1::int and f.generation_id = g.generation_id and f.document_id > $2::bigint and f.document_id <= $3::bigint
    where g.dropped_at is null),
readable as materialized (select * from renditions where state = 1)
select found.finding, found.count from (
    select 'rendition without a document', count(*) from renditions r where not exists (
        select from document d where d.tenant_id = $1::int and d.document_id = r.document_id)
    union all select 'document in a container that is not there', count(*) from documents d where d.container_id is not null and not exists (
        select from document b where b.tenant_id = $1::int and b.document_id = d.container_id)
    union all select 'rendition in a container that is not there', count(*) from renditions r where r.container_id is not null and not exists (
        select from document b where b.tenant_id = $1::int and b.document_id = r.container_id)
    union all select 'document with a list that is not there', count(*) from documents d where d.access_list_id is not null and not exists (
        select from access_list l where l.tenant_id = $1::int and l.access_list_id = d.access_list_id)
    union all select 'readable rendition without content', count(*) from readable r where (r.generation_id, r.document_id) not in (
        select c.generation_id, c.document_id from contents c)
    union all select 'content without a readable rendition', count(*) from contents c where (c.generation_id, c.document_id) not in (
        select r.generation_id, r.document_id from readable r)
    union all select 'document''s words without a readable rendition', count(*) from words w where (w.generation_id, w.document_id) not in (
        select r.generation_id, r.document_id from readable r)
    union all select 'document''s facets without content', count(*) from facets f where (f.generation_id, f.document_id) not in (
        select c.generation_id, c.document_id from contents c)
    union all select 'document whose chunks are not those of its rendition', count(*) from readable r
        full join chunks k on k.generation_id = r.generation_id and k.document_id = r.document_id where coalesce(r.chunks, 0) <> coalesce(k.chunks, 0)
    union all select 'document whose vectors are not those of its rendition', count(*) from readable r
        full join packs v on v.generation_id = r.generation_id and v.document_id = r.document_id
        where (coalesce(r.chunks, 0) + 9) / 10 <> coalesce(v.packs, 0)
) found (finding, count)
where found.count > 0
order by 1
