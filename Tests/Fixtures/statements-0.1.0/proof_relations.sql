-- role: sluice_retrieval · locks: none · plan: system catalogue
-- What the role can reach that no policy of the asker guards: of the schema every relation it can read or change, and of the whole database views with
-- their owner's eyes and functions that run as their owner. A line of the audit is all it may write.
with reachable as (
    select c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and has_schema_privilege(n.oid, 'usage')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
flaws (name, flaw) as (
    select r.nspname || '.' || r.relname,
        case
            when r.relkind = 'v' then 'is a view without security_invoker: it reads with its owner''s eyes'
            when r.relkind = 'm' then 'is a materialised view: no policy can guard it'
            when r.relkind = 'f' then 'is a foreign table: no policy can guard it'
            when not r.relrowsecurity then 'has no row-level security'
            when not r.relforcerowsecurity then 'does not force row-level security on its owner'
            when not exists (select from pg_policy p where p.polrelid = r.oid and p.polcmd in ('r', '*')
                and (0 = any (p.polroles) or exists (select from unnest(p.polroles) o where o <> 0 and pg_has_role(o, 'member')))) then 'has no policy for reading'
            when exists (select from pg_policy p where p.polrelid = r.oid and p.polcmd in ('r', '*') and p.polpermissive
                and (0 = any (p.polroles) or exists (select from unnest(p.polroles) o where o <> 0 and pg_has_role(o, 'member')))
                and coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true') then 'has a policy that lets every row through'
        end
    from reachable r
    where has_any_column_privilege(r.oid, 'select') and (r.nspname = 'sluice' or r.relkind in ('v', 'm'))
        and not (r.relkind = 'v' and coalesce(r.reloptions && array['security_invoker=true', 'security_invoker=on'], false))
    union all
    select r.nspname || '.' || r.relname, 'can be changed by the role'
    from reachable r
    where r.nspname = 'sluice'
        and (has_table_privilege(r.oid, 'delete') or has_table_privilege(r.oid, 'truncate') or has_any_column_privilege(r.oid, 'update')
            or has_table_privilege(r.oid, 'trigger')
            or (has_any_column_privilege(r.oid, 'insert') and r.relname not in ('answer_log', 'answer_text')))
    union all
    select p.oid::regprocedure::text, 'is a function that runs as its owner'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prosecdef and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) -- these nobody can call
        and n.nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege(n.oid, 'usage')
        and has_function_privilege(p.oid, 'execute'))
select name, flaw from flaws where flaw is not null order by name, flaw
