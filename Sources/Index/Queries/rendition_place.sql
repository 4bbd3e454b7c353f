-- role: sluice_admin · locks: none · plan: unique index of document, primary keys
-- What generation $4 has of a document: the record it was made of, and which write of it this is.
select d.tenant_id, d.document_id, r.incarnation_id, i.topic, i.broker_topic_id, r.partition, r.record_offset, r.record_time, r.digest, r.chunks,
    c.xmin::text::bigint
from tenant t
cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
join rendition r on r.tenant_id = d.tenant_id and r.generation_id = $4::int and r.document_id = d.document_id and r.state = 1
join rendition_content c on c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
join topic_incarnation i on i.incarnation_id = r.incarnation_id
where t.name = $1::text
