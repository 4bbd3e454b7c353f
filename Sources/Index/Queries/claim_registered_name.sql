-- role: sluice_retrieval · locks: none · plan: result
-- Lets the tenant's row be seen, suspended or not; no claim follows from it.
select set_config('sluice.registered_name', $1::text, true)
