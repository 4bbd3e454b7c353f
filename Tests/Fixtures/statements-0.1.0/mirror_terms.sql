-- role: sluice_mirror · locks: none · plan: passage_terms' primary key, once for each document
select t.document_id, t.data
from unnest($1::bigint[]) as n (document_id)
cross join lateral (select * from passage_terms p where p.document_id = n.document_id offset 0) t
