-- role: sluice_admin · locks: none · plan: primary keys
-- Where the group $2 has yet to come to something that $1 has told of, or finished: from where, and to where. Nobody can come to what was in a topic that was
-- made anew since; nor is anything left before the offsets of $3 to $5.
select i.topic, w.incarnation_id, w.partition, c.come, w.reached
from (
    select q.incarnation_id, q.partition, greatest(q.next_offset, coalesce((
        select max(o.record_offset) + 1 from outcome o
        where o.consumer_group = $1::text and o.incarnation_id = q.incarnation_id and o.partition = q.partition and o.record_offset >= q.next_offset
            and o.speaks), 0)) as reached
    from applied_position q where q.consumer_group = $1::text) w
join topic_incarnation i on i.incarnation_id = w.incarnation_id
left join applied_position p on p.consumer_group = $2::text and p.incarnation_id = w.incarnation_id and p.partition = w.partition
left join unnest($3::int[], $4::int[], $5::bigint[]) as e (incarnation_id, partition, passed) on e.incarnation_id = w.incarnation_id and e.partition = w.partition
cross join lateral (select greatest(p.next_offset, e.passed, 0) as come) c
where w.reached > c.come and not exists (select from topic_incarnation n where n.topic = i.topic and n.incarnation_id > i.incarnation_id)
order by 1, 3
