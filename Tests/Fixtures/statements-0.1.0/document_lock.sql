-- role: sluice_ingest · locks: the rows, in the order of their ids · plan: nested loop over the unique index on (tenant_id, source, subject)
-- Only locks: a joined row would be looked at as it was before the wait (READ COMMITTED rechecks the locked row alone). document_load reads.
select d.document_id
from unnest($1::int[], $2::text[], $3::text[]) as n (tenant_id, source, subject)
join document d on d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject
order by d.tenant_id, d.document_id
for update of d
