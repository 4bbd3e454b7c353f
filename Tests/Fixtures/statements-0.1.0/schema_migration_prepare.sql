-- role: sluice_owner · locks: one advisory lock, until the transaction ends · plan: result
-- One migration at a time.
select pg_advisory_xact_lock(4919273)
