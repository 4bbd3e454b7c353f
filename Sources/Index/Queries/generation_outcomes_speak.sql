-- role: sluice_admin · locks: the rows · plan: primary key, of each position the tail
-- What group $2 has dealt with and $1 has not come to is told from now on, in partitions that $1 never had all of it; and what waits in $1 and has ended in
-- $2: whoever was live when $1 came to it had promised that.
update outcome o
set speaks = true
from applied_position p
left join applied_position q on q.consumer_group = $1::text and q.incarnation_id = p.incarnation_id and q.partition = p.partition
where p.consumer_group = $2::text and o.consumer_group = $2::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition and not o.speaks
    and ((o.record_offset >= coalesce(q.next_offset, 0)
            and (q.next_offset is not null or not exists (
                select from topic_incarnation i join topic_incarnation n on n.topic = i.topic and n.incarnation_id > i.incarnation_id
                where i.incarnation_id = p.incarnation_id)))
        or (o.outcome <> 'deferred' and exists (
            select from outcome w
            where w.consumer_group = $1::text and w.incarnation_id = o.incarnation_id and w.partition = o.partition and w.record_offset = o.record_offset
                and w.outcome = 'deferred')))
