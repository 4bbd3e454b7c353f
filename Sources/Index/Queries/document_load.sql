-- role: sluice_ingest · locks: none, the rows are locked by document_lock · plan: nested loop over the unique index on (tenant_id, source, subject)
select n.ordinality::int, d.document_id, d.fact, d.sequence, d.highest_sequence, d.digest, d.incarnation_id, i.topic, d.partition, d.record_offset,
    d.record_time, d.fact_token, d.container_id, d.expires_at, d.deletion_incarnation,
    d.deletion_partition, d.deletion_offset, d.deletion_sequence, d.deletion_repeated, d.erased, coalesce(d.absent_token = d.fact_token, false), d.repeated_time
from unnest($1::int[], $2::text[], $3::text[]) with ordinality as n (tenant_id, source, subject, ordinality)
join document d on d.tenant_id = n.tenant_id and d.source = n.source and d.subject = n.subject
left join topic_incarnation i on i.incarnation_id = d.incarnation_id
