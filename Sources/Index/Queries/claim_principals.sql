-- role: sluice_retrieval · locks: none · plan: recursive over group_member's primary key
-- The asker's principals and every group around them may allow, but for closed groups; closed groups and all around them may deny as well.
with recursive around (principal) as (
    select p.principal collate "C" from unnest($1::text[]) as p (principal)
    union
    select m.group_principal from around a join group_member m on m.member = a.principal),
closed (principal) as (
    select g.principal from member_group g where g.state = 3
    union
    select m.group_principal from closed c join group_member m on m.member = c.principal)
select set_config('sluice.allow', coalesce((select array_agg(a.principal) from around a where not exists (
        select from closed c where c.principal = a.principal)), '{}')::text, true) is not null,
    set_config('sluice.deny', (select array_agg(d.principal) from (select principal from around union select principal from closed) d)::text, true)
        is not null
