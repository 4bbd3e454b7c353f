-- role: sluice_admin · locks: none · plan: unique index of document, primary key of rendition
-- How many of these documents of a tenant the generation $1 has, and may show.
select count(*)
from tenant t
cross join unnest($3::text[], $4::text[]) as n (source, subject)
join document d on d.tenant_id = t.tenant_id and d.source = n.source and d.subject = n.subject and d.fact = 1
join rendition r on r.tenant_id = d.tenant_id and r.generation_id = $1::int and r.document_id = d.document_id and r.state = 1
where t.name = $2::text
