-- role: sluice_admin · locks: what is live, until the transaction ends: waits for transactions that hold it shared · plan: no table
select pg_advisory_xact_lock(hashtext('sluice.generation'), 0)
