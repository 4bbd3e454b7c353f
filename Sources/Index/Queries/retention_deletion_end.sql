-- role: sluice_admin · locks: the rows · plan: primary key
delete from retention_deletion where tenant_id = $1::int and document_id = any ($2::bigint[])
