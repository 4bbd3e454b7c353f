-- role: sluice_admin · locks: none · plan: the primary key: every line is looked at, once
select a.chain, a.entry, a.at, a.tenant, a.asker, a.documents::text, a.detail, a.previous_hash, a.hash
from answer_log a
where a.tenant = $1::text and (a.chain, a.entry) > ($2::text, $3::bigint)
order by a.chain, a.entry
limit $4::int
