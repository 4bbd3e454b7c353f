-- role: sluice_admin · locks: none · plan: unique index on name, primary key
select r.source, r.age_days, r.unseen_days, r.actor, r.reason, r.set_at
from tenant t join retention_rule r on r.tenant_id = t.tenant_id
where t.name = $1::text
order by r.source
