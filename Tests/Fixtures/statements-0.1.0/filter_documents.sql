-- role: sluice_retrieval · locks: none · plan: bitmap scan of rendition_facets_gin with the policy's @@ as its condition; then by document, or all that is shown
-- The documents the asker is shown that match the claim sluice.filter and were modified after $1 (null: whenever). Of a few thousand each is looked up by
-- itself; of more, all that the asker is shown is hashed.
with matching as materialized (
    select f.document_id from rendition_facets f where $1::timestamptz is null or f.modified_at > $1::timestamptz),
counted as materialized (select count(*) as count from matching)
select coalesce(array_agg(m.document_id), '{}')
from matching m, counted
where case when counted.count <= 4096
    then exists (select from shown s where s.document_id = m.document_id
        and s.tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int) offset 0)
    else m.document_id in (select s.document_id from all_shown s) end
