-- role: sluice_admin · locks: the rows it changes · plan: one scan of the tenant's history: asked rarely
-- Groups as they once were; as they are in force stays with what the source says.
update access_change a set members = array_replace(a.members, $2::text, $3::text)
where a.tenant_id = $1::int and a.subject_kind = 'group' and a.members @> array[$2::text] and not exists (
    select from member_group g
    where g.tenant_id = a.tenant_id and g.principal = 'group:' || a.source || '/' || a.subject and g.incarnation_id = a.incarnation_id
        and g.partition = a.partition and g.record_offset = a.record_offset)
