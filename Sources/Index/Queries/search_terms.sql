-- role: sluice_retrieval · locks: none · plan: bitmap scan of chunk_terms_gin with the policy's @@ as its condition
-- The query is in the claim sluice.terms, which the policy reads; here it only ranks.
select t.document_id, t.ordinal
from chunk_terms t
order by ts_rank_cd(t.terms, (select nullif(current_setting('sluice.terms', true), '')::tsquery), 1) desc, t.document_id, t.ordinal
limit $1::int
