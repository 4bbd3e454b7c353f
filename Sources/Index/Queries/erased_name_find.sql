-- role: sluice_ingest · locks: none · plan: nested loop over the unique index on (source, subject, tenant_id)
-- Which of these keyed hashes stand for a name.
select n.ordinality::int
from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n (tenant_id, source, subject, ordinality)
join document d on d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject
