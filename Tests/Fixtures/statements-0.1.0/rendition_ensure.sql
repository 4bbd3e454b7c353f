-- role: sluice_ingest · locks: the new rows, whose names are locked by document_lock · plan: primary key
insert into rendition (tenant_id, generation_id, document_id)
select n.tenant_id, n.generation_id, n.document_id
from unnest($1::int[], $2::int[], $3::bigint[]) as n (tenant_id, generation_id, document_id)
order by 1, 2, 3
on conflict (tenant_id, generation_id, document_id) do nothing
