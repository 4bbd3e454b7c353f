-- role: sluice_retrieval · locks: none · plan: system catalogue
-- What the login could do if it gave up its role: no flaw of the policies, but worth a login of its own.
select r.rolname::text,
    case
        when r.rolsuper then 'is a superuser'
        when r.rolbypassrls then 'has BYPASSRLS'
        when exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relowner = r.oid and n.nspname = 'sluice')
            then 'owns tables of the schema'
        when exists (select from pg_roles o where o.rolname in ('sluice_owner', 'sluice_ingest', 'sluice_admin') and pg_has_role(r.oid, o.oid, 'member'))
            then 'is a member of other roles of Sluice'
    end as flaw
from pg_roles r
where r.rolname = session_user and session_user <> current_user
