-- role: sluice_admin · locks: none · plan: unique index of document, primary keys
-- What is known of a document now, and what the live generation made of it. One row, or none where the name was never heard of.
select d.document_id, d.fact, d.sequence, d.partition, d.record_offset, d.facts_since, c.subject, d.expires_at,
    own.subject as granting, inforce.principal_set_id,
    g.name, r.state, r.sequence, r.partition, r.record_offset, b.subject, r.expires_at, coalesce(r.settled_token = d.fact_token, false),
    coalesce((r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is true
        or (r.sequence <= d.deletion_sequence) is true, false),
    exists (select from deferred w where w.tenant_id = d.tenant_id and w.generation_id = g.generation_id and w.document_id = d.document_id), now()
from tenant t
cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
left join lateral (select subject from document where tenant_id = d.tenant_id and document_id = d.container_id) c on true
left join lateral (select * from access_list where tenant_id = d.tenant_id and access_list_id = d.access_list_id) inforce on true
left join lateral (select subject from document where tenant_id = d.tenant_id and document_id = inforce.granted_by) own on true
left join generation g on g.is_live
left join lateral (
    select * from rendition where tenant_id = d.tenant_id and generation_id = g.generation_id and document_id = d.document_id) r on true
left join lateral (select subject from document where tenant_id = d.tenant_id and document_id = r.container_id) b on true
where t.name = $1::text
