-- role: sluice_admin · locks: none · plan: sequential scan: as many rows as there were tenants
-- When the last tenant of this name was removed, where topics that all tenants share may still hold its records: it was not erased, or a place of its receipt
-- is not gone yet.
select t.removed_at
from tenant t
where t.former_name = $1::text
    and not exists (select from tenant later where later.former_name = t.former_name and later.tenant_id > t.tenant_id)
    and not exists (
        select from erasure e
        where e.tenant = t.former_name and e.kind = 'tenant' and e.finished_at >= t.created_at and e.finished_at <= t.removed_at
            and not exists (
                select from jsonb_array_elements(e.receipt->'places') p
                where p->>'place' ~ '^topic sluice\.(documents|permissions|memberships)(,|$)'
                    and (p->>'state' = 'failed' or p->>'state' = 'goneBy' and (p->>'by')::timestamptz > now())))
