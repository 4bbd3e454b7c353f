-- role: sluice_admin · locks: the new row · plan: insert
insert into audit_log (chain, entry, at, actor, action, tenant_id, detail, previous_hash, hash)
values ($1::text, $2::bigint, $3::timestamptz, $4::text, $5::text, $6::int, $7::jsonb, $8::bytea, $9::bytea)
