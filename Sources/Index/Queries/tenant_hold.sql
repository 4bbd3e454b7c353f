-- role: sluice_ingest · locks: one advisory lock per tenant, shared, in their order: any number of writes at once, and none beside a change of the tenant · plan: function scan
-- What holds of the tenants a later statement says: tenant_terms.
select pg_advisory_xact_lock_shared(hashtext('sluice.tenant'), n.tenant_id) from (select unnest($1::int[]) order by 1) as n (tenant_id)
