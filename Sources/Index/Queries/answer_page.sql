-- role: sluice_admin · locks: none · plan: primary keys
-- A chain's lines after one, each with what is still kept of its text, and its last erasure.
select a.entry, a.at, a.tenant, a.asker, a.documents::text, a.detail, a.previous_hash, a.hash, t.salt, t.query_text, e.digest, e.erasure_id, e.batch
from answer_log a
left join lateral (select salt, query_text from answer_text where chain = a.chain and entry = a.entry offset 0) t on true
left join lateral (
    select digest, erasure_id, batch from erased_line where chain = a.chain and entry = a.entry order by erasure_id desc limit 1 offset 0) e on true
where a.chain = $1::text and a.entry > $2::bigint
order by a.entry
limit $3::int
