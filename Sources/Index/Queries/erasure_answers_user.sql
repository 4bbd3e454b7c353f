-- role: sluice_admin · locks: none · plan: answer_log_asker
select a.chain, a.entry, a.at, a.tenant, a.asker, a.documents::text, a.detail, a.previous_hash, a.hash
from answer_log a
where a.tenant = $1::text and a.asker = $2::text and (a.chain, a.entry) > ($3::text, $4::bigint)
order by a.chain, a.entry
limit $5::int
