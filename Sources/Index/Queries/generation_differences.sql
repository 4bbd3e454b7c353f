-- role: sluice_admin · locks: none · plan: as generation_compare, ended by its limit
-- Some documents that differ, and how; names, no text.
select t.name, d.source, d.subject, case
    when b.document_id is null and w.document_id is not null then 'waits'
    when b.document_id is null then 'missing'
    when a.document_id is null then 'added'
    when is_older(b, a) then case when w.document_id is null then 'older' else 'waits' end
    when (a.incarnation_id, a.partition, a.record_offset) is distinct from (b.incarnation_id, b.partition, b.record_offset) then 'version'
    when (a.container_id, a.expires_at) is distinct from (b.container_id, b.expires_at) then 'elsewhere'
    else 'text' end
from document d
join tenant t on t.tenant_id = d.tenant_id
left join rendition a on a.tenant_id = d.tenant_id and a.document_id = d.document_id and a.generation_id = $1::int and a.state = 1
left join rendition b on b.tenant_id = d.tenant_id and b.document_id = d.document_id and b.generation_id = $2::int and b.state = 1
left join rendition_content p on p.tenant_id = a.tenant_id and p.generation_id = a.generation_id and p.document_id = a.document_id
left join rendition_content q on q.tenant_id = b.tenant_id and q.generation_id = b.generation_id and q.document_id = b.document_id
left join deferred w on w.tenant_id = d.tenant_id and w.generation_id = $2::int and w.document_id = d.document_id
where d.tenant_id > 0 and d.fact = 1 and (a.document_id is not null or b.document_id is not null)
    and ((a.document_id is null) <> (b.document_id is null)
        or (a.incarnation_id, a.partition, a.record_offset) is distinct from (b.incarnation_id, b.partition, b.record_offset)
        or p.body_digest <> q.body_digest or (a.container_id, a.expires_at) is distinct from (b.container_id, b.expires_at))
limit $3::int
