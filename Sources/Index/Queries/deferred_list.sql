-- role: sluice_admin · locks: none · plan: joins in the order of due_at
-- No content: the record itself stays where it is.
select t.name, g.name, n.source, n.subject, d.host, d.reason, d.attempts, d.deferred_at, d.due_at, d.abandoned,
    coalesce(d.leased_until > now(), false), d.cause
from deferred d
join tenant t on t.tenant_id = d.tenant_id
join generation g on g.generation_id = d.generation_id
join document n on n.tenant_id = d.tenant_id and n.document_id = d.document_id
where ($1::text is null or t.name = $1::text) and ($2::text is null or d.host = $2::text)
order by d.due_at, t.name, n.source, n.subject, g.name
limit $3::int
