-- role: sluice_retrieval · locks: none · plan: nested loops over vector_pack's primary key
-- A handful of passages, each looked up by itself (`offset 0`).
select h.ordinality::int,
    case h.ordinal % 10
        when 0 then p.v0 when 1 then p.v1 when 2 then p.v2 when 3 then p.v3 when 4 then p.v4
        when 5 then p.v5 when 6 then p.v6 when 7 then p.v7 when 8 then p.v8 else p.v9
    end
from unnest($3::bigint[], $4::int[]) with ordinality as h (document_id, ordinal, ordinality)
cross join lateral (
    select * from vector_pack
    where tenant_id = $1::int and generation_id = $2::int and document_id = h.document_id and pack = h.ordinal / 10 offset 0) p
order by h.ordinality
