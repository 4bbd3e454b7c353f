-- role: sluice_retrieval · locks: none · plan: recursive over group_member's primary key
-- The asker's principals and every group around them may allow, but for closed groups; closed groups and all around them may deny as well.
with recursive around (principal) as (
    select p.principal collate "C" from unnest($1::text[]) as p (principal)
    union
    select m.group_principal from around a
    cross join lateral (select g.group_principal from group_member g where g.member = a.principal offset 0) m),
closed (principal) as (
    select g.principal from member_group g where g.state = 3
    union
    select m.group_principal from closed c
    cross join lateral (select g.group_principal from group_member g where g.member = c.principal offset 0) m)
select set_config('sluice.allow', coalesce((select array_agg(a.principal) from around a where (a.principal in (
        select c.principal from closed c)) is false), '{}')::text, true) is not null,
    set_config('sluice.deny', (select array_agg(d.principal) from (select principal from around union select principal from closed) d)::text, true)
        is not null
