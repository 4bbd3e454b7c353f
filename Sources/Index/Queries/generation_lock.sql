-- role: sluice_ingest · locks: what is live, shared, until the transaction ends: promotions wait · plan: no table
-- To be read in a statement of its own, after this one.
select pg_advisory_xact_lock_shared(hashtext('sluice.generation'), 0)
