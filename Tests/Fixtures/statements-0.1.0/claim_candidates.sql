-- role: sluice_retrieval · locks: none · plan: result
-- Nothing: all documents that are shown. Which of the candidates are is yet to be found.
select set_config('sluice.searched', '', true) is not null, set_config('sluice.candidates', coalesce($1::bigint[]::text, ''), true) is not null
