-- role: sluice_admin · locks: the rows it deletes · plan: a range of the primary key; an anti-join of it and the tenant's chunks
-- Of the next $4 vectors of a tenant and space those made before $5 that no chunk of a generation of this space is made of. With $6 they are only counted.
with page as materialized (
    select c.text_digest, c.made_at from embedding_cache c
    where c.tenant_id = $1::int and c.embedding_space = $2::text and c.text_digest > $3::bytea
    order by c.text_digest limit $4::int),
used as (
    select k.embedding_text_digest from generation g
    join chunk k on k.tenant_id = $1::int and k.generation_id = g.generation_id
    where g.embedding_space = $2::text and g.dropped_at is null),
unused as materialized (
    select p.text_digest from page p
    where p.made_at < $5::timestamptz and not exists (select from used u where u.embedding_text_digest = p.text_digest)),
gone as (
    delete from embedding_cache c using unused u
    where c.tenant_id = $1::int and c.embedding_space = $2::text and c.text_digest = u.text_digest and not $6::boolean)
select (select count(*) from page), (select p.text_digest from page p order by p.text_digest desc limit 1), (select count(*) from unused)
