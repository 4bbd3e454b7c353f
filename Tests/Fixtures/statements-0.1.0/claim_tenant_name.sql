-- role: sluice_retrieval · locks: none · plan: result
select set_config('sluice.tenant_name', $1::text, true)
