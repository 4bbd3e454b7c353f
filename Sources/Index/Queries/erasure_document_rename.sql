-- role: sluice_admin · locks: the document's row, locked already, its history, and the tenant's key · plan: primary keys, access_change_subject
with renamed as (update document d set source = '$erased', subject = $5::text
    where d.tenant_id = $1::int and d.document_id = $2::bigint returning 1),
counted as (update erasure_key k set renames = k.renames + 1 where k.tenant_id = $1::int returning 1),
parents as (update access_change a set parent = $5::text
    where a.tenant_id = $1::int and a.source = $3::text and a.parent = $4::text and a.subject <> $4::text returning 1),
history as (update access_change a set source = '$erased', subject = $5::text, parent = case when a.parent = $4::text then $5::text else a.parent end
    where a.tenant_id = $1::int and a.source = $3::text and a.subject = $4::text and a.subject_kind = 'permission' returning 1)
select (select count(*) from renamed) + (select count(*) from counted), (select count(*) from history) + (select count(*) from parents)
