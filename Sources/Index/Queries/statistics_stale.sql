-- role: sluice_admin · locks: none · plan: system catalogue
-- Tables of which a tenth changed since they were last looked at, and $1 rows at least; with the command that looks.
select s.relname::text, s.n_mod_since_analyze, format('analyze sluice.%I', s.relname)
from pg_stat_user_tables s join pg_class c on c.oid = s.relid
where s.schemaname = 'sluice' and s.n_mod_since_analyze >= greatest($1::bigint, 0.1 * c.reltuples)
order by s.relname
