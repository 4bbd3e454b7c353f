-- role: sluice_admin · locks: none · plan: no table
select pg_sleep($1::int * 0.001)
