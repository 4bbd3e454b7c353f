-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into vector_pack (tenant_id, generation_id, document_id, pack, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9)
select $1::int, $2::int, $3::bigint, p, v.a[p * 10 + 1], v.a[p * 10 + 2], v.a[p * 10 + 3], v.a[p * 10 + 4], v.a[p * 10 + 5], v.a[p * 10 + 6],
    v.a[p * 10 + 7], v.a[p * 10 + 8], v.a[p * 10 + 9], v.a[p * 10 + 10]
from (select $4::halfvec[] as a) v, generate_series(0, (cardinality(v.a) - 1) / 10) p
