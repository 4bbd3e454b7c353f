-- role: sluice_admin · locks: none · plan: system catalogue
-- What is wrong with a role that works: it is missing, bypasses policies, owns what it could alter, or may become another of Sluice's roles:
-- retrieval takes up sluice_mirror for a load, and has none of its rights otherwise.
select wanted.name,
    case
        when r.oid is null then 'is missing'
        when r.rolsuper then 'is a superuser'
        when r.rolbypassrls then 'has BYPASSRLS'
        when exists (select from pg_class c where c.relowner = r.oid) then 'owns a table, view or sequence'
        when exists (select from pg_namespace n where n.nspowner = r.oid) then 'owns a schema'
        when exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid and g.rolname ~ '^sluice_'
            and not (r.rolname = 'sluice_retrieval' and g.rolname = 'sluice_mirror' and not m.inherit_option))
            then 'is a member of another role of Sluice'
    end as flaw
from unnest(array['sluice_ingest', 'sluice_retrieval', 'sluice_admin', 'sluice_mirror']) as wanted (name)
left join pg_roles r on r.rolname = wanted.name
order by wanted.name
