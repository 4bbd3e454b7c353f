-- role: sluice_retrieval · locks: none · plan: result
select pg_current_snapshot()::text, now()
