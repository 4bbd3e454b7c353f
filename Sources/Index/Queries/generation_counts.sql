-- role: sluice_admin · locks: none · plan: an index-only or sequential scan of rendition
select t.name, count(*) filter (where r.state = 1), coalesce(sum(r.chunks) filter (where r.state = 1), 0)::bigint
from rendition r join tenant t on t.tenant_id = r.tenant_id
where r.tenant_id > 0 and r.generation_id = $1::int
group by t.name order by t.name
