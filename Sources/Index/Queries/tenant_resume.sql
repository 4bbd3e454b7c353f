-- role: sluice_admin · locks: the row · plan: unique index on name, partial unique index erasure_open
-- Not while it is being erased: what hid its documents may be gone already.
update tenant t set suspended_at = null
where t.name = $1::text and t.suspended_at is not null and t.deleted_at is null and not exists (
    select from erasure e where e.tenant = t.name and e.kind = 'tenant' and e.finished_at is null and e.begun_at >= t.created_at)
