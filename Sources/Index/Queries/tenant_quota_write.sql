-- role: sluice_admin · locks: the row · plan: primary key
-- Returns whether the tenant had none: what it has is to be counted then.
insert into tenant_quota as known (tenant_id, documents, bytes, tokens)
values ($1::int, $2::bigint, $3::bigint, $4::bigint)
on conflict (tenant_id) do update set documents = excluded.documents, bytes = excluded.bytes, tokens = excluded.tokens
returning xmax = 0
