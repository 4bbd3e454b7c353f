-- role: sluice_admin · locks: the rows it changes · plan: rendition_content's primary key
-- What was there before triggers counted: all there is, less what they counted, both as this statement's snapshot has them; added to what they have counted by
-- the time the row is locked.
update tenant_usage u
set documents = u.documents + c.documents, bytes = u.bytes + c.bytes, counted = true
from (
    select s.generation_id, r.documents - s.documents as documents, r.bytes - s.bytes as bytes
    from tenant_usage s
    cross join lateral (
        select count(*) as documents, coalesce(sum(octet_length(body)), 0) as bytes
        from rendition_content where tenant_id = s.tenant_id and generation_id = s.generation_id) r
    where s.tenant_id = $1::int and not s.counted offset 0) c
where u.tenant_id = $1::int and u.generation_id = c.generation_id and not u.counted
