-- role: sluice_admin · locks: the row when it is new · plan: unique index on name
-- Not under the name of one that was dropped, as long as its outcomes are there. The first generation of all is live from the start; of workers that make it at once, one does (a conflict of name, or of what is live).
insert into generation (name, embedding_space, dimension, chunker, parser, is_live, promoted_at, only_tenant)
select $1::text, $2::text, $3::int, $4::text, $5::text, f.is_first, case when f.is_first then now() end,
    case when not f.is_first then (select t.tenant_id from tenant t where t.name = $6::text) end
from (select not exists (select from generation where is_live) as is_first) f
where not exists (select from outcome where consumer_group = 'sluice-ingest-' || $1::text)
on conflict do nothing
returning generation_id
