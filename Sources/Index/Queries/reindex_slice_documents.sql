-- role: sluice_ingest · locks: none · plan: primary keys
-- The documents of a slice of tenant $1 that generation $2 has, and how long their texts are.
select r.document_id, coalesce(octet_length(c.body), 0)::bigint
from rendition r
left join rendition_content c on c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
where r.tenant_id = $1::int and r.generation_id = $2::int and r.document_id between $3::bigint and $4::bigint and r.state > 0
order by r.document_id
