-- role: sluice_ingest · locks: rows locked already by source_snapshot_lock · plan: nested loop over the primary key
-- What was known of the partitions' ends holds for what was known of the snapshot: they are asked anew.
update source_snapshot s
set state = w.state, named = w.named, begun_at = w.begun_at, stated_count = w.stated_count, incarnation_id = w.incarnation_id, partition = w.partition,
    record_offset = w.record_offset, record_time = w.record_time, last_seen_at = now(),
    barrier_incarnations = null, barrier_partitions = null, barrier_offsets = null
from unnest($1::int[], $2::bigint[], $3::smallint[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::bigint[], $10::bigint[])
    as w (tenant_id, snapshot_id, state, named, begun_at, stated_count, incarnation_id, partition, record_offset, record_time)
where s.tenant_id = w.tenant_id and s.snapshot_id = w.snapshot_id
