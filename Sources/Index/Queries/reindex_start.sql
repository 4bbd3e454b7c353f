-- role: sluice_admin · locks: the new row · plan: unique index reindex_running
-- No row: another is under way into the generation.
insert into reindex (generation_id, rate, documents, actor) values ($1::int, $2::int, $3::bigint, $4::text)
on conflict do nothing
returning reindex_id
