-- role: sluice_admin · locks: the rows it deletes · plan: one scan of outcome: asked rarely, and no other way leads from a key to all its outcomes
-- Those that were told, or are never told. Groups have keys of the same form; theirs stay.
delete from outcome o
using topic_incarnation i
where o.tenant_id = $1::int and o.record_key = $2::bytea and i.incarnation_id = o.incarnation_id and i.topic not like 'sluice.memberships%'
    and (o.published_at is not null or not o.speaks)
