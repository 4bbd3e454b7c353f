-- role: sluice_admin · locks: none · plan: a range of the primary key, document by its primary key
select n.document_id, d.source, d.subject, i.topic, n.incarnation_id, n.partition, n.from_offset, n.judged_incarnation_id, n.judged_offset, n.judged_sequence,
    n.noted_at
from retention_deletion n
join document d on d.tenant_id = n.tenant_id and d.document_id = n.document_id
join topic_incarnation i on i.incarnation_id = n.incarnation_id
where n.tenant_id = $1::int
order by n.document_id
