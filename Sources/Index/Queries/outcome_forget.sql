-- role: sluice_ingest · locks: the rows · plan: nested loop over the primary key
-- Of names that were erased: what is still to be told keeps its key until it is, and nothing else does.
update outcome o
set forget = true, record_key = case when o.speaks and o.published_at is null then o.record_key end,
    correlation_id = case when o.speaks and o.published_at is null then o.correlation_id end
from unnest($2::int[], $3::int[], $4::bigint[]) as p (incarnation_id, partition, record_offset)
where o.consumer_group = $1::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition and o.record_offset = p.record_offset
