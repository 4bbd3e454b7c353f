-- role: sluice_mirror · locks: none · plan: vector_pack's primary key, document_identity
-- Packs of vectors in order of documents, from the one after ($1, $2) on; the list is null where nobody is let in.
select p.document_id, p.pack, d.access_list_id, p.v0, p.v1, p.v2, p.v3, p.v4, p.v5, p.v6, p.v7, p.v8, p.v9
from (select * from vector_pack where (document_id, pack) > ($1::bigint, $2::int) order by document_id, pack limit $3::int) p
left join lateral (
    select i.access_list_id from document i where i.document_id = p.document_id and i.fact = 1 offset 0) d on true
order by p.document_id, p.pack
