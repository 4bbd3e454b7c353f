-- role: sluice_retrieval · locks: one advisory lock per generation, shared, which nobody takes for himself alone: it only tells that a mirror is being read · plan: result
select pg_advisory_xact_lock_shared(hashtext('sluice.mirror'), $1::int)
