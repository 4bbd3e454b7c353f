-- role: sluice_owner · locks: none · plan: no table
select pg_backend_pid()
