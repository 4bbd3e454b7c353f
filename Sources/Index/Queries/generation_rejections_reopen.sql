-- role: sluice_admin · locks: the rows · plan: primary key, of each position the tail
-- What group $2 refused before its time to tell has no dead letter yet: it is forgotten, and comes again.
with reopened as (
    delete from outcome o
    using applied_position q
    where q.consumer_group = $1::text and o.consumer_group = $2::text and o.incarnation_id = q.incarnation_id and o.partition = q.partition
        and o.record_offset >= q.next_offset and o.outcome = 'rejected' and not o.speaks
    returning o.incarnation_id, o.partition, o.record_offset)
update applied_position p
set next_offset = least(p.next_offset, r.record_offset)
from (select incarnation_id, partition, min(record_offset) as record_offset from reopened group by 1, 2) r
where p.consumer_group = $2::text and p.incarnation_id = r.incarnation_id and p.partition = r.partition
