-- role: sluice_admin · locks: none · plan: system catalogue
-- Tables that are not guarded, and views that would read with their owner's eyes. schema_migration is nobody's data: it names files.
select c.relname::text,
    case
        when c.relkind = 'v' then 'is a view without security_invoker'
        when not c.relrowsecurity then 'has no row-level security'
        when not c.relforcerowsecurity then 'does not force row-level security on its owner'
        else 'has no policy'
    end as flaw
from pg_class c
where c.relnamespace = 'sluice'::regnamespace and c.relname <> 'schema_migration'
    and ((c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)))
        or (c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false)))
order by c.relname
