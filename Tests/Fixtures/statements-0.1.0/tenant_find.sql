-- role: sluice_retrieval · locks: none · plan: unique index on name
-- The policy lets through the tenant of the claim sluice.tenant_name alone.
select tenant_id from tenant
