-- role: sluice_admin · locks: none · plan: system catalogue
-- Every table of tenants' rows but the registry and the audit, those that refer to others before these; how many pages it has; and whether an index leads
-- to a tenant's rows. What triggers note of removed rows comes last.
with recursive mine as (
    select c.oid, c.relname, a.attnum from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'sluice'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('tenant', 'audit_log')),
depths (oid, depth) as (
    select m.oid, 0 from mine m
    union
    select f.confrelid, d.depth + 1 from depths d
    join pg_constraint f on f.contype = 'f' and f.conrelid = d.oid and f.confrelid <> d.oid
    join mine m on m.oid = f.confrelid
    where d.depth < 20)
select m.relname::text, pg_relation_size(m.oid) / current_setting('block_size')::bigint,
    exists (select from pg_index i where i.indrelid = m.oid and i.indkey[0] = m.attnum and i.indpred is null and i.indisvalid)
from mine m join (select oid, max(depth) as depth from depths group by oid) d on d.oid = m.oid
order by m.relname = 'index_change', d.depth, m.relname
