-- role: sluice_admin · locks: the rows it deletes · plan: an anti-join of the tenant's cache and chunks
-- What no chunk of any generation was made of, those of earlier versions among it: whose it was nothing tells. At most so many.
delete from embedding_cache e
using (
    select c.embedding_space, c.text_digest from embedding_cache c
    where c.tenant_id = $1::int and not exists (select from chunk k where k.tenant_id = $1::int and k.embedding_text_digest = c.text_digest)
    limit $2::int) unused
where e.tenant_id = $1::int and e.embedding_space = unused.embedding_space and e.text_digest = unused.text_digest
