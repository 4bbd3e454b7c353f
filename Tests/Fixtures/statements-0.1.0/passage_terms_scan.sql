-- role: sluice_retrieval · locks: none · plan: index scan of passage_terms' primary key with the policy as its condition
-- Every document the asker is shown; where sluice.candidates is claimed, of these alone.
select document_id, data from passage_terms
