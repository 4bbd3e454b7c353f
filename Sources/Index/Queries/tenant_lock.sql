-- role: sluice_admin · locks: one advisory lock, until the transaction ends: waits for every write for the tenant that has begun · plan: unique index on name
-- First of all statements of a change of the tenant; what it finds only a later one sees.
select pg_advisory_xact_lock(hashtext('sluice.tenant'), t.tenant_id) from tenant t where t.name = $1::text
