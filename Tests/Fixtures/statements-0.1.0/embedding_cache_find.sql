-- role: sluice_ingest · locks: none · plan: nested loop over the primary key
select n.ordinality::int, e.embedding
from unnest($2::int[], $3::bytea[]) with ordinality as n (tenant_id, text_digest, ordinality)
join embedding_cache e on e.tenant_id = n.tenant_id and e.embedding_space = $1::text and e.text_digest = n.text_digest
