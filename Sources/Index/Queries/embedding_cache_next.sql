-- role: sluice_admin · locks: none · plan: primary key
-- The next tenant and space that something is cached of.
select c.tenant_id, c.embedding_space from embedding_cache c
where c.tenant_id > 0 and (c.tenant_id, c.embedding_space) > ($1::int, $2::text)
order by c.tenant_id, c.embedding_space
limit 1
