-- role: sluice_retrieval · locks: none · plan: index scan of vector_pack's primary key with the policy as its condition
-- At most $3 passages of one document. Exact: the k passages are of the k documents whose nearest passages are nearest.
with packs as materialized (
    select document_id, pack, v0 <#> $1::halfvec as d0, v1 <#> $1::halfvec as d1, v2 <#> $1::halfvec as d2, v3 <#> $1::halfvec as d3,
        v4 <#> $1::halfvec as d4, v5 <#> $1::halfvec as d5, v6 <#> $1::halfvec as d6, v7 <#> $1::halfvec as d7, v8 <#> $1::halfvec as d8,
        v9 <#> $1::halfvec as d9
    from vector_pack),
nearest as (
    select document_id from packs group by document_id
    order by min(least(d0, d1, d2, d3, d4, d5, d6, d7, d8, d9)), document_id limit $2::int)
select c.document_id, c.ordinal
from (
    select p.document_id, p.pack * 10 + x.o as ordinal, x.d, row_number() over (partition by p.document_id order by x.d, p.pack * 10 + x.o) as place
    from packs p
    cross join lateral (values (0, p.d0), (1, p.d1), (2, p.d2), (3, p.d3), (4, p.d4), (5, p.d5), (6, p.d6), (7, p.d7), (8, p.d8), (9, p.d9)) x (o, d)
    -- `is true` keeps this a look-up in a hash table: as a join it would be planned by guesses of how many rows there are.
    where (p.document_id in (select n.document_id from nearest n)) is true and x.d is not null) c
where c.place <= $3::int
order by c.d, c.document_id, c.ordinal
limit $2::int
