-- role: sluice_admin · locks: none · plan: primary keys
-- A chain's lines after one, each with its last erasure.
select l.entry, l.at, l.actor, l.action, l.tenant_id, l.detail, l.previous_hash, l.hash, e.digest, e.erasure_id, e.batch
from audit_log l
left join lateral (
    select digest, erasure_id, batch from erased_line where chain = l.chain and entry = l.entry order by erasure_id desc limit 1 offset 0) e on true
where l.chain = $1::text and l.entry > $2::bigint
order by l.entry
limit $3::int
