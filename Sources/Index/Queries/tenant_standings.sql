-- role: sluice_admin · locks: none · plan: unique index on name, primary keys; of all tenants one scan
-- Tenants ($1; null: all) as they stand, with what they have in the live generation and have spent today.
select coalesce(t.former_name, t.name), t.suspended_at, t.deleted_at, t.removed_at, q.documents, q.bytes, q.tokens, u.documents, u.bytes,
    coalesce(u.counted, true), case when s.day = (now() at time zone 'UTC')::date then s.tokens else 0 end, t.tenant_id, q.tenant_id is not null,
    (select count(*) from paused_source p where p.tenant_id = t.tenant_id)
from tenant t
left join tenant_quota q on q.tenant_id = t.tenant_id
left join generation g on g.is_live
left join tenant_usage u on u.tenant_id = t.tenant_id and u.generation_id = g.generation_id
left join tenant_spending s on s.tenant_id = t.tenant_id
where t.tenant_id > 0 and ($1::text is null or t.name = $1::text)
order by 1, t.tenant_id
