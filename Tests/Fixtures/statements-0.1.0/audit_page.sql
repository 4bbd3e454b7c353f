-- role: sluice_admin · locks: none · plan: primary key
select entry, at, actor, action, tenant_id, detail, previous_hash, hash
from audit_log
where chain = $1::text and entry > $2::bigint
order by entry
limit $3::int
