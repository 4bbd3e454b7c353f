-- role: sluice_ingest · locks: the rows, in their order, until the transaction ends: who counts on the room that is left is alone · plan: primary key
select u.tenant_id, u.documents, u.bytes
from tenant_usage u
where u.generation_id = $1::int and u.tenant_id = any ($2::int[])
order by u.tenant_id
for update
