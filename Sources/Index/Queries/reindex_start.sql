-- role: sluice_admin · locks: the new row · plan: unique index reindex_running
-- No row: another is under way into the generation.
insert into reindex (generation_id, rate, documents, actor, source_generation, only_tenant, begins)
values ($1::int, $2::int, $3::bigint, $4::text, $5::int, (select only_tenant from generation where generation_id = $1::int), $6::text)
on conflict do nothing
returning reindex_id
