-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into vector_pack (generation_id, tenant_id, document_id, pack, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9)
select $1::int, p.*
from unnest($2::int[], $3::bigint[], $4::int[], $5::halfvec[], $6::halfvec[], $7::halfvec[], $8::halfvec[], $9::halfvec[], $10::halfvec[],
    $11::halfvec[], $12::halfvec[], $13::halfvec[], $14::halfvec[]) as p
