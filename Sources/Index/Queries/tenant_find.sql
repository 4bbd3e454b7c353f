-- role: sluice_retrieval · locks: none · plan: unique index on name
-- The policy lets through the tenant of the claim sluice.registered_name alone: whether it is suspended.
select suspended_at is not null from tenant
