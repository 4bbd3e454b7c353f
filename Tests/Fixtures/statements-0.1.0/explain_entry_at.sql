-- role: sluice_admin · locks: none · plan: access_change_subject
-- A name's entry as it was at a moment.
select a.state, a.sequence, a.partition, a.record_offset, a.parent, a.principal_set_id, a.changed_at
from tenant t
join access_change a on a.tenant_id = t.tenant_id and a.source = $2::text and a.subject = $3::text and a.subject_kind = 'permission'
    and a.changed_at <= $4::timestamptz
where t.name = $1::text
order by a.access_change_id desc
limit 1
