-- role: sluice_admin · locks: none · plan: erased_line_batch, the admins' chain
-- The batches that a line of the admins' chain vouches for, in the order of these lines.
with batches as materialized (
    select e.erasure_id, e.batch, encode(sha256(string_agg(e.digest, ''::bytea order by e.chain, e.entry)), 'hex') as digest
    from erased_line e group by e.erasure_id, e.batch)
select b.erasure_id, b.batch
from batches b
join lateral (
    select min(a.entry) as entry from audit_log a
    where a.chain = 'admin' and a.action = 'erasure.lines' and (a.detail->>'erasure')::int = b.erasure_id and (a.detail->>'batch')::int = b.batch
        and a.detail->>'digest' = b.digest) v on v.entry is not null
order by v.entry
