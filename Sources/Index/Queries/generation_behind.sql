-- role: sluice_admin · locks: none · plan: primary keys
-- Where the group $2 has yet to come to something that $1 has told of, or finished; how many records it is short of it, at least.
select i.topic, w.partition, max(w.reached) - coalesce(max(p.next_offset), 0)
from (
    select q.incarnation_id, q.partition, greatest(q.next_offset, coalesce((
        select max(o.record_offset) + 1 from outcome o
        where o.consumer_group = $1::text and o.incarnation_id = q.incarnation_id and o.partition = q.partition and o.record_offset >= q.next_offset
            and o.speaks), 0)) as reached
    from applied_position q where q.consumer_group = $1::text) w
join topic_incarnation i on i.incarnation_id = w.incarnation_id
left join applied_position p on p.consumer_group = $2::text and p.incarnation_id = w.incarnation_id and p.partition = w.partition
group by i.topic, w.incarnation_id, w.partition
having max(w.reached) > coalesce(max(p.next_offset), 0)
order by 1, 2
