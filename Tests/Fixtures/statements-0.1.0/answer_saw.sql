-- role: sluice_admin · locks: none · plan: bitmap over answer_log_documents
-- Who was shown a document, in order, after the last line of the page before.
select a.chain, a.entry, a.at, a.asker, a.detail, t.query_text
from answer_log a
left join lateral (select query_text from answer_text where chain = a.chain and entry = a.entry and erase_after > now() offset 0) t on true
where a.tenant = $1::text and a.documents @> array[$2::bigint] and a.at >= $3::timestamptz and a.at < $4::timestamptz
    and (a.at, a.chain, a.entry) > ($5::timestamptz, $6::text, $7::bigint)
order by a.at, a.chain, a.entry
limit $8::int
