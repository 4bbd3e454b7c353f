-- role: sluice_ingest · locks: none · plan: nested loop over the primary key
-- The chunks of these documents in generation $1, in their order.
select n.ordinality::int, k.span_start, k.span_end, k.headings, k.page, k.embedding_text_digest
from unnest($2::int[], $3::bigint[]) with ordinality as n (tenant_id, document_id, ordinality)
join chunk k on k.tenant_id = n.tenant_id and k.generation_id = $1::int and k.document_id = n.document_id
order by n.ordinality, k.ordinal
