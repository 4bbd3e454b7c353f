-- role: sluice_admin · locks: none · plan: primary keys
-- A chain's lines after one, each with what is still kept of its text, and its erasures.
select a.entry, a.at, a.tenant, a.asker, a.documents::text, a.detail, a.previous_hash, a.hash, t.salt, t.query_text, e.digests, e.erasures, e.batches
from answer_log a
left join lateral (select salt, query_text from answer_text where chain = a.chain and entry = a.entry offset 0) t on true
left join lateral (
    select array_agg(digest) as digests, array_agg(erasure_id) as erasures, array_agg(batch) as batches
    from erased_line where chain = a.chain and entry = a.entry offset 0) e on true
where a.chain = $1::text and a.entry > $2::bigint
order by a.entry
limit $3::int
