-- role: sluice_admin · locks: the row · plan: system catalogue, primary key
-- As it is now counts as fresh.
insert into index_size (index_name, pages, entries)
select c.relname, pg_relation_size(c.oid) / current_setting('block_size')::bigint, greatest(c.reltuples, 0)::bigint
from pg_class c where c.relnamespace = 'sluice'::regnamespace and c.relname = $1::text and c.relkind = 'i'
on conflict (index_name) do update set pages = excluded.pages, entries = excluded.entries, measured_at = now()
