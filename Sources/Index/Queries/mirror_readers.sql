-- role: sluice_admin · locks: none · plan: function scan of the locks
-- How many read a mirror of generation $1.
select count(*) from pg_locks
where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
    and classid::bigint = hashtext('sluice.mirror')::bigint & 4294967295 and objid = $1::int::oid and objsubid = 2
