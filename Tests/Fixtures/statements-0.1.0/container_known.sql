-- role: sluice_ingest · locks: none · plan: nested loop over the unique indexes of document and access_list
select n.ordinality::int, d.document_id
from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n (tenant_id, source, subject, ordinality)
join document d on d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject
join access_list l on l.tenant_id = d.tenant_id and l.container_id = d.document_id
