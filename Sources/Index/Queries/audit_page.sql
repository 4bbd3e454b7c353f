-- role: sluice_admin · locks: none · plan: primary keys
-- A chain's lines after one, each with its erasures.
select l.entry, l.at, l.actor, l.action, l.tenant_id, l.detail, l.previous_hash, l.hash, e.digests, e.erasures, e.batches
from audit_log l
left join lateral (
    select array_agg(digest) as digests, array_agg(erasure_id) as erasures, array_agg(batch) as batches
    from erased_line where chain = l.chain and entry = l.entry offset 0) e on true
where l.chain = $1::text and l.entry > $2::bigint
order by l.entry
limit $3::int
