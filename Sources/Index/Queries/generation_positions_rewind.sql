-- role: sluice_admin · locks: rows locked already · plan: primary key
-- A generation of one tenant alone (group $2) passed over what others had: where the live one ($1) has not told of it, it comes again.
update applied_position p
set next_offset = least(p.next_offset, coalesce((
    select q.next_offset from applied_position q
    where q.consumer_group = $1::text and q.incarnation_id = p.incarnation_id and q.partition = p.partition), 0))
where p.consumer_group = $2::text
