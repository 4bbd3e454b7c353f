-- role: sluice_ingest · locks: rows locked already by member_group_lock · plan: nested loop over the primary key
update member_group g
set state = w.state, sequence = w.sequence, highest_sequence = w.highest_sequence, digest = w.digest, incarnation_id = w.incarnation_id,
    partition = w.partition, record_offset = w.record_offset, record_time = w.record_time
from unnest($1::int[], $2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::int[], $8::int[], $9::bigint[], $10::bigint[])
    as w (tenant_id, principal, state, sequence, highest_sequence, digest, incarnation_id, partition, record_offset, record_time)
where g.tenant_id = w.tenant_id and g.principal = w.principal
