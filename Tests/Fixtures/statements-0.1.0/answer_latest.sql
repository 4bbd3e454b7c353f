-- role: sluice_admin · locks: none · plan: bitmap over answer_log_documents
-- The last answers that showed a document, the newest first.
select a.chain, a.entry, a.at, a.asker, a.detail, null::text
from answer_log a
where a.tenant = $1::text and a.documents @> array[$2::bigint]
order by a.at desc, a.chain, a.entry
limit $3::int
