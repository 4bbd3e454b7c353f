-- role: sluice_owner · locks: none · plan: no table
-- Ends the statement another session of the same login is at.
select pg_cancel_backend($1::int)
