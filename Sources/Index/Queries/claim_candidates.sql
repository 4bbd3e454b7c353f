-- role: sluice_retrieval · locks: none · plan: result
-- From here on a search looks only at these documents; which of them are shown the policies still ask.
select set_config('sluice.candidates', $1::bigint[]::text, true) is not null
