-- role: sluice_admin · locks: none · plan: sequential scan: as many rows as there were tenants
-- When the last tenant of this name was removed, if not by an erasure: topics that all tenants share may still hold its records.
select t.removed_at
from tenant t
where t.former_name = $1::text
    and not exists (select from tenant later where later.former_name = t.former_name and later.tenant_id > t.tenant_id)
    and not exists (
        select from erasure e
        where e.tenant = t.former_name and e.kind = 'tenant' and e.finished_at >= t.created_at and e.finished_at <= t.removed_at)
