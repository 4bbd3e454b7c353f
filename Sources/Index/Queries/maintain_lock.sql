-- role: sluice_admin · locks: one advisory lock, of the session: held until its end · plan: no table
-- Of the session, not of a transaction: an open one would hold up what rebuilds an index beside others.
select pg_try_advisory_lock(hashtext('sluice.maintain'), 0)
