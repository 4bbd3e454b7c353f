-- role: sluice_admin · locks: none · plan: primary keys; of outcome one row for each group and partition
-- What outcomes there are of, and before which offset nobody will ask for them again: none comes a second time before the group's own position; nobody waits
-- for one before the registrar's and the live generation's; and a promotion tells of none before the latter. Of a topic that was made anew, and of a group
-- that nobody works for, that is all of them.
with recursive held as (
    (select o.consumer_group, o.incarnation_id, o.partition from outcome o order by 1, 2, 3 limit 1)
    union all
    select n.* from held h cross join lateral (
        select o.consumer_group, o.incarnation_id, o.partition from outcome o
        where (o.consumer_group, o.incarnation_id, o.partition) > (h.consumer_group, h.incarnation_id, h.partition)
        order by 1, 2, 3 limit 1) n),
kept as (
    select 'sluice-registrar' as consumer_group, true as is_everywhere
    union all select 'sluice-ingest-' || g.name, false from generation g where g.dropped_at is null and g.generation_id > 0),
live as (select 'sluice-ingest-' || g.name as consumer_group from generation g where g.is_live)
select h.consumer_group, h.incarnation_id, h.partition,
    case when not exists (select from kept k where k.consumer_group = h.consumer_group)
        or exists (select from topic_incarnation n where n.topic = i.topic and n.incarnation_id > i.incarnation_id) then 9223372036854775807
    else (
        select min(coalesce(p.next_offset, 0)) from (
            select h.consumer_group union select 'sluice-registrar'
            union select l.consumer_group from live l where i.topic = 'sluice.documents' or i.topic like 'sluice.documents.%') g (consumer_group)
        left join applied_position p on p.consumer_group = g.consumer_group and p.incarnation_id = h.incarnation_id and p.partition = h.partition) end
from held h join topic_incarnation i on i.incarnation_id = h.incarnation_id
order by 1, 2, 3
