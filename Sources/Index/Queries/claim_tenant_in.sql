-- role: sluice_retrieval · locks: none · plan: unique indexes
-- As claim_tenant, but of the generation $1, which need not be live: what an admin's evaluation asks, and a mirror is read of, before it is promoted. The
-- policies hold as ever.
select set_config('sluice.tenant', t.tenant_id::text, true), set_config('sluice.generation', g.generation_id::text, true), t.tenant_id,
    g.generation_id, g.name, g.embedding_space, null::int, null::text
from tenant t, generation g
where g.name = $1::text and g.dropped_at is null
