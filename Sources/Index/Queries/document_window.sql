-- role: sluice_admin · locks: none · plan: primary key
-- The last of the next so many documents of a tenant; null: there are no more.
select max(w.document_id) from (
    select d.document_id from document d where d.tenant_id = $1::int and d.document_id > $2::bigint order by d.document_id limit $3::int) w
