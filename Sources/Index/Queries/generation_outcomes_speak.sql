-- role: sluice_admin · locks: the rows · plan: primary key, of each position the tail
-- What group $2 has dealt with and $1 has not come to is told from now on; and what waits in $1 and has ended in $2: whoever was
-- live when $1 came to it had promised that.
update outcome o
set speaks = true
from applied_position q
where q.consumer_group = $1::text and o.consumer_group = $2::text and o.incarnation_id = q.incarnation_id and o.partition = q.partition and not o.speaks
    and (o.record_offset >= q.next_offset
        or (o.outcome <> 'deferred' and exists (
            select from outcome w
            where w.consumer_group = $1::text and w.incarnation_id = o.incarnation_id and w.partition = o.partition and w.record_offset = o.record_offset
                and w.outcome = 'deferred')))
