-- role: sluice_admin · locks: one advisory lock per chain, until the transaction ends · plan: no table
-- Taken in a statement before audit_tail: what another transaction wrote while this one waited, only a later statement sees.
select pg_advisory_xact_lock(hashtext('sluice.audit_log'), hashtext($1::text))
