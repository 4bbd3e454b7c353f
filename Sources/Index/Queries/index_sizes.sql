-- role: sluice_admin · locks: none · plan: system catalogue, primary key
-- Indexes of at least $1 pages: how large each is, how many entries it has, how large a fresh one would be, and the command that makes it so. A fresh one is as
-- large for its entries as it was when that was last seen; a tree that was never seen fresh has for each an item's twelve bytes and its columns', of those
-- without a length 64, in pages nine tenths full. Of other kinds nothing is known before.
select c.relname::text, z.pages, greatest(c.reltuples, 0)::bigint,
    case
        when f.entries > 0 then ceil(f.pages * greatest(c.reltuples, 0)::float8 / f.entries)::bigint
        when m.amname = 'btree' then ceil(greatest(c.reltuples, 0)::float8 * (12 + (w.width + 7) / 8 * 8) / (0.9 * 8192))::bigint + 2 end,
    f.index_name is not null, format('reindex index concurrently sluice.%I', c.relname)
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_am m on m.oid = c.relam
cross join lateral (select pg_relation_size(c.oid) / current_setting('block_size')::bigint as pages) z
cross join lateral (
    select sum(case when a.attlen > 0 then a.attlen else 64 end) as width from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) w
left join index_size f on f.index_name = c.relname
where c.relnamespace = 'sluice'::regnamespace and c.relkind = 'i' and i.indisvalid and z.pages >= $1::bigint and c.reltuples >= 0
order by c.relname
