-- role: sluice_retrieval · locks: none · plan: system catalogue
-- What the role that serves may be or become, beyond reading under its policies. Membership counts without inheritance: it could SET ROLE. One it may: that
-- which reads what mirrors hold, of the claimed tenant alone (migration 5).
with mine as (
    select r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication, r.rolname = current_user as is_self
    from pg_roles r
    where r.rolname = current_user
        or (pg_has_role(current_user, r.oid, 'member') and not (select s.rolsuper from pg_roles s where s.rolname = current_user)))
select m.rolname::text,
    case when m.is_self then '' else 'can be used by ' || current_user || ', and ' end ||
    case
        when m.rolsuper then 'is a superuser'
        when m.rolbypassrls then 'has BYPASSRLS'
        when m.rolcreaterole then 'may make and grant roles'
        when m.rolreplication then 'may read the whole database by replication'
        when m.is_self and current_user <> 'sluice_retrieval' then 'is not sluice_retrieval'
        when exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relowner = m.oid and n.nspname not in ('pg_catalog', 'pg_toast') and n.nspname !~ '^pg_temp|^pg_toast')
            then 'owns a table, view or sequence'
        when exists (select from pg_namespace n where n.nspowner = m.oid) then 'owns a schema'
        when exists (select from pg_proc p where p.proowner = m.oid) then 'owns a function'
        when exists (select from pg_database d where d.datdba = m.oid) then 'owns a database'
        when not m.is_self and m.rolname ~ '^sluice_' and m.rolname <> 'sluice_mirror' then 'is another role of Sluice'
        when not m.is_self and m.rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
            'pg_execute_server_program', 'pg_create_subscription', 'pg_maintain') then 'is a role of the server with powers over all data'
        when m.is_self and (has_schema_privilege('sluice', 'create')) then 'may make objects in the schema sluice'
    end as flaw
from mine m
order by m.is_self desc, m.rolname
