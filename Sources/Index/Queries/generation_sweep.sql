-- role: sluice_admin · locks: the rows, and what hangs on them · plan: index scan of rendition, tenant by tenant
-- Of a dropped generation, in steps.
delete from rendition where ctid in (
    select r.ctid from tenant t cross join lateral (
        select ctid from rendition where tenant_id = t.tenant_id and generation_id = $1::int limit $2::int) r
    where exists (select from generation where generation_id = $1::int and dropped_at is not null)
    limit $2::int)
