-- role: sluice_admin · locks: none · plan: the tenant's documents, once: asked rarely
-- Sources of a tenant, also those that are paused before their first event: documents that exist, those that wait, and since when it is paused.
select s.source, coalesce(d.documents, 0), coalesce(w.waiting, 0), p.paused_at
from tenant t
cross join lateral (
    select source from document where tenant_id = t.tenant_id union select source from paused_source where tenant_id = t.tenant_id) s
left join lateral (
    select source, count(*) as documents from document where tenant_id = t.tenant_id and fact = 1 group by source) d on d.source = s.source
left join lateral (
    select n.source, count(*) as waiting from deferred f join document n on n.tenant_id = f.tenant_id and n.document_id = f.document_id
    where f.tenant_id = t.tenant_id and f.cause = 'source' group by n.source) w on w.source = s.source
left join paused_source p on p.tenant_id = t.tenant_id and p.source = s.source
where t.name = $1::text
order by s.source
