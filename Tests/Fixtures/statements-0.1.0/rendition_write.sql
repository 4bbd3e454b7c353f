-- role: sluice_ingest · locks: the rows, whose names are locked by document_lock · plan: nested loop over the primary key
update rendition r
set state = w.state, sequence = w.sequence, highest_sequence = w.highest_sequence, digest = w.digest, incarnation_id = w.incarnation_id,
    partition = w.partition, record_offset = w.record_offset, record_time = w.record_time, settled_token = w.settled_token,
    container_id = w.container_id, expires_at = w.expires_at, chunks = w.chunks,
    container_list_id = (select l.access_list_id from access_list l where l.tenant_id = w.tenant_id and l.container_id = w.container_id)
from unnest($1::int[], $2::int[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::int[], $9::int[], $10::bigint[],
    $11::bigint[], $12::bigint[], $13::bigint[], $14::timestamptz[], $15::int[])
    as w (tenant_id, generation_id, document_id, state, sequence, highest_sequence, digest, incarnation_id, partition, record_offset,
        record_time, settled_token, container_id, expires_at, chunks)
where r.tenant_id = w.tenant_id and r.generation_id = w.generation_id and r.document_id = w.document_id
