-- role: sluice_retrieval · locks: none · plan: index scan of vector_pack's primary key with the policy as its condition
-- Exact: the k packs with the nearest vectors contain the k nearest vectors.
select b.document_id, b.pack * 10 + x.o as ordinal
from (
    select a.* from (
        select document_id, pack, v0 <#> $1::halfvec as d0, v1 <#> $1::halfvec as d1, v2 <#> $1::halfvec as d2, v3 <#> $1::halfvec as d3,
            v4 <#> $1::halfvec as d4, v5 <#> $1::halfvec as d5, v6 <#> $1::halfvec as d6, v7 <#> $1::halfvec as d7, v8 <#> $1::halfvec as d8,
            v9 <#> $1::halfvec as d9
        from vector_pack offset 0) a
    order by least(d0, d1, d2, d3, d4, d5, d6, d7, d8, d9), document_id, pack limit $2::int) b
cross join lateral (values (0, b.d0), (1, b.d1), (2, b.d2), (3, b.d3), (4, b.d4), (5, b.d5), (6, b.d6), (7, b.d7), (8, b.d8), (9, b.d9)) x (o, d)
where x.d is not null
order by x.d, b.document_id, ordinal
limit $2::int
