-- role: sluice_ingest · locks: none, the names are locked by document_lock · plan: nested loop over the primary key
select n.ordinality::int, p.state, p.sequence, p.highest_sequence, p.digest, p.incarnation_id, i.topic, p.partition, p.record_offset, p.record_time,
    p.parent_id, p.principal_set_id
from unnest($1::int[], $2::bigint[]) with ordinality as n (tenant_id, document_id, ordinality)
join permission p on p.tenant_id = n.tenant_id and p.document_id = n.document_id
left join topic_incarnation i on i.incarnation_id = p.incarnation_id
