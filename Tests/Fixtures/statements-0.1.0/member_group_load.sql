-- role: sluice_ingest · locks: none, the rows are locked by member_group_lock · plan: nested loop over the primary key
select n.ordinality::int, g.state, g.sequence, g.highest_sequence, g.digest, g.incarnation_id, i.topic, g.partition, g.record_offset, g.record_time
from unnest($1::int[], $2::text[]) with ordinality as n (tenant_id, principal, ordinality)
join member_group g on g.tenant_id = n.tenant_id and g.principal = n.principal
left join topic_incarnation i on i.incarnation_id = g.incarnation_id
