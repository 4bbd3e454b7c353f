-- role: sluice_ingest · locks: the rows · plan: nested loop over the primary key
-- What was published, not what the record has ended as since: what was deferred may be indexed by now, and that is still to be told.
update outcome o
set published_at = now(), record_key = case when o.forget then null else o.record_key end,
    correlation_id = case when o.forget then null else o.correlation_id end
from unnest($2::int[], $3::int[], $4::bigint[], $5::text[]) as p (incarnation_id, partition, record_offset, outcome)
where o.consumer_group = $1::text and o.incarnation_id = p.incarnation_id and o.partition = p.partition and o.record_offset = p.record_offset
    and o.outcome = p.outcome
