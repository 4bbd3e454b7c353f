-- role: sluice_ingest · locks: none, the names are locked by document_lock · plan: nested loop over primary keys
select n.ordinality::int, r.state, r.sequence, r.highest_sequence, r.digest, r.incarnation_id, i.topic, r.partition, r.record_offset, r.record_time,
    r.settled_token, r.container_id, r.container_list_id, r.expires_at, r.chunks, c.content_digest,
    octet_length(c.body)::bigint
from unnest($1::int[], $2::int[], $3::bigint[]) with ordinality as n (tenant_id, generation_id, document_id, ordinality)
join rendition r on r.tenant_id = n.tenant_id and r.generation_id = n.generation_id and r.document_id = n.document_id
left join topic_incarnation i on i.incarnation_id = r.incarnation_id
left join rendition_content c on c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
