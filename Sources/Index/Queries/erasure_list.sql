-- role: sluice_admin · locks: none · plan: primary key backwards
select e.erasure_id, e.tenant, e.kind, e.target, e.actor, e.reason, e.begun_at, e.finished_at, e.receipt
from erasure e
where ($1::int is null or e.erasure_id = $1::int) and ($2::text is null or e.tenant = $2::text)
order by e.erasure_id desc
limit $3::int
