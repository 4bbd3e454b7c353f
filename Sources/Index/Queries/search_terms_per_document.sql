-- role: sluice_retrieval · locks: none · plan: bitmap scan of chunk_terms_gin with the policy's @@ as its condition
-- As search_terms, but at most $2 passages of one document.
select c.document_id, c.ordinal
from (
    select r.*, row_number() over (partition by r.document_id order by r.rank desc, r.ordinal) as place
    from (
        select t.document_id, t.ordinal,
            ts_rank_cd(t.terms, (select nullif(current_setting('sluice.terms', true), '')::tsquery), 1) as rank
        from chunk_terms t offset 0) r) c
where c.place <= $2::int
order by c.rank desc, c.document_id, c.ordinal
limit $1::int
