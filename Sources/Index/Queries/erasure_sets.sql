-- role: sluice_admin · locks: sets and entries that are in force nowhere, under erasure_sets_lock · plan: access_entry's primary key; one scan of permission
-- Lists of the past. Their digest goes too: a list that is stated anew must not find them.
with past as materialized (
    select distinct e.principal_set_id from access_entry e
    where e.tenant_id = $1::int and e.principal = $2::text
        and not exists (select from permission p where p.tenant_id = $1::int and p.principal_set_id = e.principal_set_id)
        and not exists (select from access_list l where l.tenant_id = $1::int and l.container_id is not null and l.principal_set_id = e.principal_set_id)),
sets as (
    update principal_set s set digest = sha256(convert_to('$erased' || s.principal_set_id || ':' || gen_random_uuid(), 'UTF8'))
    from past where s.tenant_id = $1::int and s.principal_set_id = past.principal_set_id)
update access_entry e set principal = $3::text
from past where e.tenant_id = $1::int and e.principal = $2::text and e.principal_set_id = past.principal_set_id
