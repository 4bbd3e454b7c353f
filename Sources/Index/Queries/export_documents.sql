-- role: sluice_admin · locks: none · plan: primary keys
-- A page of documents after one, in the live generation: 1 what it has, 2 a deletion that a sequence protects, 0 what exists and cannot be told whole: nothing
-- of it is readable, it is older than a deletion, or newer facts put it into another container than it was read from. The earlier expiry holds.
-- What a snapshot deleted is none of these: its source has published no deletion, and may name it again by the same sequence. Nor is a name that was erased.
select d.document_id, d.source, d.subject, k.kind, case when k.kind = 2 then d.sequence else r.sequence end, b.subject, least(d.expires_at, r.expires_at),
    c.title, c.uri, c.media_type, c.language, c.modified_at, c.metadata::text, c.body
from document d
left join generation g on g.is_live
left join rendition r on r.tenant_id = d.tenant_id and r.generation_id = g.generation_id and r.document_id = d.document_id and r.state = 1
left join document b on b.tenant_id = d.tenant_id and b.document_id = d.container_id
cross join lateral (
    select case
        when d.fact = 2 then 2
        when r.document_id is not null
            and (r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is not true
            and (r.sequence <= d.deletion_sequence) is not true
            and (r.settled_token = d.fact_token or d.container_id is not distinct from r.container_id) then 1
        else 0 end as kind) k
left join rendition_content c on k.kind = 1 and c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
where d.tenant_id = $1::int and d.document_id > $2::bigint and (d.fact = 1 or d.fact = 2 and d.sequence is not null and d.absent_token is distinct from d.fact_token
    and d.source <> '$erased')
order by d.document_id
limit $3::int
