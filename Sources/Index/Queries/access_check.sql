-- role: sluice_retrieval · locks: none · plan: nested loops over unique indexes
select s.document_id is not null
from unnest($1::text[], $2::text[]) with ordinality as n (source, subject, ordinality)
left join document d on d.source = n.source and d.subject = n.subject
left join shown s on s.tenant_id = d.tenant_id and s.document_id = d.document_id
order by n.ordinality
