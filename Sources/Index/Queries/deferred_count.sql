-- role: sluice_admin · locks: none · plan: one scan of deferred
select t.name, d.host, count(*), count(*) filter (where d.abandoned), count(*) filter (where d.cause = 'source')
from deferred d
join tenant t on t.tenant_id = d.tenant_id
where ($1::text is null or t.name = $1::text) and ($2::text is null or d.host = $2::text)
group by t.name, d.host
order by t.name, d.host
