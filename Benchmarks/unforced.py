"""The conditions of row-level security as plain views, for a superuser: the same filter, without what enforcing it costs.

Every table with a policy for `sluice_retrieval` becomes a view of the same name in the schema `unforced` whose WHERE is the policy's own condition, and every
view that reads such a table a view over these. A session whose search path begins with `unforced` then runs the very statements of the worker.
"""

from __future__ import annotations

import psycopg

ROLE = "sluice_retrieval"

_CONDITIONS = f"""
    select c.relname, string_agg('(' || pg_get_expr(p.polqual, p.polrelid) || ')', ' or ')
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where p.polpermissive and p.polcmd in ('r', '*') and p.polroles @> array[(select oid from pg_roles where rolname = '{ROLE}')]
    group by c.relname"""
_VIEWS = f"""
    select c.relname, pg_get_viewdef(c.oid) from pg_class c
    where c.relkind = 'v' and c.relnamespace = 'sluice'::regnamespace and has_table_privilege('{ROLE}', c.oid, 'select')"""
# What each of them reads, by its policy or as a view.
_DEPENDENCIES = """
    select c.relname, used.relname
    from pg_class c
    join pg_depend d on (d.classid = 'pg_policy'::regclass and d.objid in (select oid from pg_policy where polrelid = c.oid))
        or (d.classid = 'pg_rewrite'::regclass and d.objid in (select oid from pg_rewrite where ev_class = c.oid))
    join pg_class used on d.refclassid = 'pg_class'::regclass and used.oid = d.refobjid and used.oid <> c.oid
    where c.relnamespace = 'sluice'::regnamespace and used.relnamespace = 'sluice'::regnamespace"""


def make_views(database_url: str) -> None:
    with psycopg.connect(database_url, options="-c search_path=sluice,public") as database:
        bodies = {name: f"select * from sluice.{name} where {condition}" for name, condition in database.execute(_CONDITIONS)}
        bodies |= dict(database.execute(_VIEWS).fetchall())
        reads: dict[str, set[str]] = {name: set() for name in bodies}
        for name, used in database.execute(_DEPENDENCIES):
            if name in bodies and used in bodies:
                reads[name].add(used)
        database.execute("drop schema if exists unforced cascade")
        database.execute("create schema unforced")
        # Names find the view, once there is one.
        database.execute("set local search_path = unforced, sluice, public")
        while bodies:
            ready = [name for name in bodies if not reads[name] & bodies.keys()]
            if not ready:
                raise SystemExit(f"policies that read each other: {', '.join(sorted(bodies))}")
            for name in ready:
                database.execute(f"create view unforced.{name} as {bodies.pop(name)}")
