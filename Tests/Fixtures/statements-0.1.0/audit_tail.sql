-- role: sluice_admin · locks: none · plan: primary key backwards, unique index on tenant.name
-- One row, also for an empty chain.
select tail.entry, tail.hash, clock_timestamp(), (select tenant_id from tenant where name = $2::text)
from (select $1::text as chain) c
left join lateral (select entry, hash from audit_log a where a.chain = c.chain order by a.entry desc limit 1) tail on true
