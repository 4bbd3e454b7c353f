-- role: sluice_ingest · locks: none · plan: nested loops over primary keys
-- What tenants are held to in a generation ($1), to limits in the live one alone; those without a row are registered no longer.
select t.tenant_id, q.documents, q.bytes, q.tokens, p.sources
from unnest($2::int[]) as n (tenant_id)
cross join lateral (select tenant_id from tenant where tenant_id = n.tenant_id and deleted_at is null offset 0) t
left join lateral (
    select q.documents, q.bytes, q.tokens from tenant_quota q where q.tenant_id = t.tenant_id
        and exists (select from generation g where g.generation_id = $1::int and g.is_live)
        and coalesce((select u.counted from tenant_usage u where u.tenant_id = q.tenant_id and u.generation_id = $1::int), true) offset 0) q on true
cross join lateral (select coalesce(array_agg(s.source), '{}') as sources from paused_source s where s.tenant_id = t.tenant_id) p
