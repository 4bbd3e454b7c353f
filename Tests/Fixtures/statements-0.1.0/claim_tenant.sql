-- role: sluice_retrieval · locks: none · plan: unique indexes
-- No row: no such tenant, or no live generation.
select set_config('sluice.tenant', t.tenant_id::text, true), set_config('sluice.generation', g.generation_id::text, true), t.tenant_id,
    g.generation_id, g.name, g.embedding_space
from tenant t, generation g
where g.is_live
