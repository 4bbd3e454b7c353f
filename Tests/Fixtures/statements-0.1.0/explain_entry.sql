-- role: sluice_admin · locks: none · plan: unique index of document, primary keys, access_change_subject
-- A name's entry in force, and since when; none where it never had one.
select p.state, p.sequence, p.partition, p.record_offset, u.subject, p.principal_set_id, h.changed_at
from tenant t
cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
join permission p on p.tenant_id = d.tenant_id and p.document_id = d.document_id
left join lateral (select subject from document where tenant_id = p.tenant_id and document_id = p.parent_id) u on true
left join lateral (
    select a.changed_at from access_change a
    where a.tenant_id = t.tenant_id and a.source = $2::text and a.subject = $3::text and a.subject_kind = 'permission'
        and a.incarnation_id = p.incarnation_id and a.partition = p.partition and a.record_offset = p.record_offset
    order by a.access_change_id desc limit 1) h on true
where t.name = $1::text
