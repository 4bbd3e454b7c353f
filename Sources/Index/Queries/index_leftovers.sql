-- role: sluice_admin · locks: none · plan: system catalogue
-- What rebuilding an index beside others leaves where it fails; with the command that takes it away. Not where somebody is at the table.
select c.relname::text, format('drop index concurrently if exists sluice.%I', c.relname)
from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relnamespace = 'sluice'::regnamespace and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'
    and not exists (
        select from pg_locks l
        where l.database = (select oid from pg_database where datname = current_database()) and l.relation in (i.indrelid, i.indexrelid)
            and l.mode in ('ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
order by c.relname
