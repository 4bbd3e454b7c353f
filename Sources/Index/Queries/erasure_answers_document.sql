-- role: sluice_admin · locks: none · plan: bitmap over answer_log_documents
select a.chain, a.entry, a.at, a.tenant, a.asker, a.documents::text, a.detail, a.previous_hash, a.hash
from answer_log a
where a.tenant = $1::text and a.documents @> array[$2::bigint] and (a.chain, a.entry) > ($3::text, $4::bigint)
order by a.chain, a.entry
limit $5::int
