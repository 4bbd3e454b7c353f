-- role: sluice_mirror · locks: none · plan: document_identity, vector_pack's primary key, once for each document
-- The same of these documents alone.
select n.document_id, p.pack, d.access_list_id, p.v0, p.v1, p.v2, p.v3, p.v4, p.v5, p.v6, p.v7, p.v8, p.v9
from unnest($1::bigint[]) with ordinality as n (document_id, ordinality)
cross join lateral (
    select i.access_list_id from document i where i.document_id = n.document_id and i.fact = 1 and i.access_list_id is not null offset 0) d
cross join lateral (select * from vector_pack v where v.document_id = n.document_id order by v.pack offset 0) p
order by n.ordinality, p.pack
