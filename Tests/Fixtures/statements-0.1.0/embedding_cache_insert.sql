-- role: sluice_ingest · locks: new rows, in key order · plan: primary key
insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding)
select n.tenant_id, $1::text, n.text_digest, n.embedding
from unnest($2::int[], $3::bytea[], $4::halfvec[]) as n (tenant_id, text_digest, embedding)
order by 1, 3
on conflict (tenant_id, embedding_space, text_digest) do nothing
