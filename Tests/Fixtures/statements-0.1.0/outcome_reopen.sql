-- role: sluice_ingest · locks: the rows · plan: nested loop over the primary key
-- A redrive replaces its own rejection: the record has not ended after all.
update outcome o
set outcome = 'deferred'
from unnest($2::int[], $3::int[], $4::bigint[]) as p (incarnation_id, partition, record_offset)
where o.consumer_group = $1::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition and o.record_offset = p.record_offset
    and o.outcome = 'rejected'
