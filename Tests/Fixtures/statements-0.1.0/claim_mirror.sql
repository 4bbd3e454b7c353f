-- role: sluice_retrieval · locks: none · plan: result
-- For the rest of the transaction: a load reads documents of all lists, and none of their words.
select set_config('role', 'sluice_mirror', true) is not null
