-- role: sluice_retrieval · locks: none · plan: nested loops over unique indexes
select exists (
    select from document d
    where d.source = n.source and d.subject = n.subject
        and exists (select from shown s where s.tenant_id = d.tenant_id and s.document_id = d.document_id offset 0)
    offset 0)
from unnest($1::text[], $2::text[]) with ordinality as n (source, subject, ordinality)
order by n.ordinality
