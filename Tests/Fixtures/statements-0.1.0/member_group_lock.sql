-- role: sluice_ingest · locks: the rows, in key order · plan: nested loop over the primary key
-- Only locks, as document_lock does; member_group_load reads.
select g.principal
from unnest($1::int[], $2::text[]) as n (tenant_id, principal)
join member_group g on g.tenant_id = n.tenant_id and g.principal = n.principal
order by g.tenant_id, g.principal
for update of g
