-- role: sluice_retrieval · locks: none · plan: unique indexes, and all generations, which are few
-- No row: no such tenant, or no live generation. With it the one that is said to go live soon.
select set_config('sluice.tenant', t.tenant_id::text, true), set_config('sluice.generation', g.generation_id::text, true), t.tenant_id,
    g.generation_id, g.name, g.embedding_space, e.generation_id, e.name
from tenant t cross join generation g
left join lateral (
    select n.generation_id, n.name from generation n
    where n.expected_until > now() and not n.is_live and n.dropped_at is null order by n.expected_until desc limit 1) e on true
where g.is_live
