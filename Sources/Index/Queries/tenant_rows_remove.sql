-- role: sluice_admin · locks: the rows it deletes · plan: a function's: the index on tenant_id, or a range of pages
-- Of one table, and of one tenant: at most $3 rows, or with $4 those of $5 pages from it on.
select remove_tenant_rows($1::text::name, $2::int, $3::bigint, $4::bigint, $5::bigint)
