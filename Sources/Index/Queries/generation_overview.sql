-- role: sluice_admin · locks: none · plan: sequential scan
-- Dropped ones too, as long as rows of them are left, or outcomes, which keep their name.
select g.generation_id, g.name, g.embedding_space, g.dimension, g.chunker, g.parser, g.is_live, g.created_at, g.promoted_at, g.retired_at, g.dropped_at, o.name
from generation g
left join tenant o on o.tenant_id = g.only_tenant
where g.generation_id > 0 and (g.dropped_at is null or exists (select from rendition r where r.generation_id = g.generation_id)
    or (exists (select from outcome e where e.consumer_group = 'sluice-ingest-' || split_part(g.name, '~', 1))
        and not exists (select from generation n where n.name = split_part(g.name, '~', 1))))
order by g.generation_id
