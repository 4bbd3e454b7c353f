-- role: sluice_ingest · locks: the rows, whose names are locked by document_lock · plan: primary key
insert into permission as p (tenant_id, document_id, state, sequence, highest_sequence, digest, incarnation_id, partition, record_offset,
    record_time, parent_id, principal_set_id)
select * from unnest($1::int[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::int[], $8::int[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[])
on conflict (tenant_id, document_id) do update
set state = excluded.state, sequence = excluded.sequence, highest_sequence = excluded.highest_sequence, digest = excluded.digest,
    incarnation_id = excluded.incarnation_id, partition = excluded.partition, record_offset = excluded.record_offset,
    record_time = excluded.record_time, parent_id = excluded.parent_id, principal_set_id = excluded.principal_set_id
