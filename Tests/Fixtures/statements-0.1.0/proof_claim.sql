-- role: sluice_retrieval · locks: none · plan: result
-- Claims for the canary, whose tenant and generation have numbers that no other can have.
select set_config('sluice.tenant_name', $1::text, true), set_config('sluice.tenant', $2::int::text, true), set_config('sluice.generation', '0', true),
    set_config('sluice.allow', $3::text[]::text, true), set_config('sluice.deny', $3::text[]::text, true)
