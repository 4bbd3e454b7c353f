-- role: sluice_admin · locks: none · plan: primary key, one probe a chain
-- The chains after one, each with its first line's detail and how long it is.
with recursive chains (chain) as (
    (select a.chain from answer_log a where a.chain > $1::text order by a.chain limit 1)
    union all
    select next.chain from chains c
    cross join lateral (select a.chain from answer_log a where a.chain > c.chain order by a.chain limit 1) next)
select c.chain, first.detail, last.entry
from chains c
cross join lateral (select a.detail from answer_log a where a.chain = c.chain order by a.entry limit 1) first
cross join lateral (select a.entry from answer_log a where a.chain = c.chain order by a.entry desc limit 1) last
limit $2::int
