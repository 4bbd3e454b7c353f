"""The conditions of row-level security as plain views, for a superuser: the same filter, without what enforcing it costs.

Every table with a policy for `sluice_retrieval` becomes a view of the same name in the schema `unforced` whose WHERE is the policy's own condition, every view
that reads such a table a view over these, and every function that policies and statements ask a copy that reads these. A session whose search path begins with
`unforced` then runs the very statements of the worker.
"""

from __future__ import annotations

import re

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
# Those that look something up; their bodies are bound when they are called.
_FUNCTIONS = """
    select p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid) from pg_proc p
    where p.pronamespace = 'sluice'::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype and p.provolatile <> 'i'"""
# What each of them reads, by its policy or as a view.
_DEPENDENCIES = """
    select c.relname, used.relname
    from pg_class c
    join pg_depend d on (d.classid = 'pg_policy'::regclass and d.objid in (select oid from pg_policy where polrelid = c.oid))
        or (d.classid = 'pg_rewrite'::regclass and d.objid in (select oid from pg_rewrite where ev_class = c.oid))
    join pg_class used on d.refclassid = 'pg_class'::regclass and used.oid = d.refobjid and used.oid <> c.oid
    where c.relnamespace = 'sluice'::regnamespace and used.relnamespace = 'sluice'::regnamespace"""


def unmerged(condition: str) -> str:
    """The same condition, planned as in a policy: there `x in (select …)` is looked up row by row, in a view it would become a join."""
    for start in reversed([found.start() for found in re.finditer(r"\([\w.]+ IN \( SELECT", condition)]):
        depth = 0
        for end in range(start, len(condition)):
            depth += {"(": 1, ")": -1}.get(condition[end], 0)
            if not depth:
                condition = f"{condition[:start]}({condition[start : end + 1]} is true){condition[end + 1 :]}"
                break
    return condition


def make_views(database_url: str) -> None:
    with psycopg.connect(database_url, options="-c search_path=sluice,public") as database:
        bodies = {name: f"select * from sluice.{name} where {unmerged(condition)}" for name, condition in database.execute(_CONDITIONS)}
        bodies |= dict(database.execute(_VIEWS).fetchall())
        reads: dict[str, set[str]] = {name: set() for name in bodies}
        for name, used in database.execute(_DEPENDENCIES):
            if name in bodies and used in bodies:
                reads[name].add(used)
        database.execute("drop schema if exists unforced cascade")
        database.execute("create schema unforced")
        for name, arguments, definition in database.execute(_FUNCTIONS).fetchall():
            database.execute(definition.replace(f" sluice.{name}(", f" unforced.{name}(", 1))
            database.execute(f"alter function unforced.{name}({arguments}) set search_path = unforced, sluice, public, pg_temp")
        # Names find the view or the function, once there is one.
        database.execute("set local search_path = unforced, sluice, public")
        while bodies:
            ready = [name for name in bodies if not reads[name] & bodies.keys()]
            if not ready:
                raise SystemExit(f"policies that read each other: {', '.join(sorted(bodies))}")
            for name in ready:
                database.execute(f"create view unforced.{name} as {bodies.pop(name)}")
