-- role: sluice_ingest · locks: none · plan: nested loop over the unique index on (tenant_id, source, subject)
-- Of these documents, those that a snapshot deleted, and what was in force then. Decided again under lock.
select n.ordinality::int, d.fact, d.sequence, d.highest_sequence, d.digest, d.incarnation_id, i.topic, d.partition, d.record_offset, d.record_time
from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n (tenant_id, source, subject, ordinality)
join document d on d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject and d.absent_token = d.fact_token
left join topic_incarnation i on i.incarnation_id = d.incarnation_id
