-- role: sluice_ingest · locks: rows locked already by document_lock · plan: nested loop over the primary key
update document d
set fact = w.fact, sequence = w.sequence, highest_sequence = w.highest_sequence, digest = w.digest, incarnation_id = w.incarnation_id,
    partition = w.partition, record_offset = w.record_offset, record_time = w.record_time, container_id = w.container_id,
    expires_at = w.expires_at, deletion_incarnation = w.deletion_incarnation, deletion_partition = w.deletion_partition,
    deletion_offset = w.deletion_offset, deletion_sequence = w.deletion_sequence, deletion_repeated = w.deletion_repeated,
    repeated_time = w.repeated_time,
    fact_token = case when w.wins then nextval('fact_token') else d.fact_token end
from unnest($1::int[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::int[], $8::int[], $9::bigint[], $10::bigint[],
    $11::bigint[], $12::timestamptz[], $13::int[], $14::int[], $15::bigint[], $16::bigint[], $17::boolean[], $18::bigint[], $19::boolean[])
    as w (tenant_id, document_id, fact, sequence, highest_sequence, digest, incarnation_id, partition, record_offset, record_time, container_id,
        expires_at, deletion_incarnation, deletion_partition, deletion_offset, deletion_sequence, deletion_repeated, repeated_time, wins)
where d.tenant_id = w.tenant_id and d.document_id = w.document_id
    -- What does not win is seen at most: as a sequence, as a deletion, or as what is in force, again or at a later place.
    and (w.wins or (d.highest_sequence, d.incarnation_id, d.partition, d.record_offset, d.deletion_incarnation, d.deletion_partition, d.deletion_offset,
            d.deletion_sequence, d.deletion_repeated, d.repeated_time)
        is distinct from (w.highest_sequence, w.incarnation_id, w.partition, w.record_offset, w.deletion_incarnation, w.deletion_partition,
            w.deletion_offset, w.deletion_sequence, w.deletion_repeated, w.repeated_time))
returning d.document_id, d.fact_token
