-- role: sluice_admin · locks: the rows · plan: primary key, of each position the tail
-- What group $2 refused before its time to tell has no dead letter yet: it is forgotten, and comes again. Of partitions that $1 never had, everything.
with reopened as (
    delete from outcome o
    using applied_position p
    left join applied_position q on q.consumer_group = $1::text and q.incarnation_id = p.incarnation_id and q.partition = p.partition
    where p.consumer_group = $2::text and o.consumer_group = $2::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition
        and o.record_offset >= coalesce(q.next_offset, 0) and o.outcome = 'rejected' and not o.speaks
        and (q.next_offset is not null or not exists (
            select from topic_incarnation i join topic_incarnation n on n.topic = i.topic and n.incarnation_id > i.incarnation_id
            where i.incarnation_id = p.incarnation_id))
    returning o.incarnation_id, o.partition, o.record_offset)
update applied_position p
set next_offset = least(p.next_offset, r.record_offset)
from (select incarnation_id, partition, min(record_offset) as record_offset from reopened group by 1, 2) r
where p.consumer_group = $2::text and p.incarnation_id = r.incarnation_id and p.partition = r.partition
