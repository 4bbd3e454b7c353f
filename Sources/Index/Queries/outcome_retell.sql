-- role: sluice_ingest · locks: the row · plan: primary key
-- What was deferred has ended, or stands otherwise: to be told.
update outcome
set outcome = $5::text, snapshot = $6::jsonb, recorded_at = now(), published_at = null
where consumer_group = $1::text and incarnation_id = $2::int and partition = $3::int and record_offset = $4::bigint and outcome = 'deferred'
    and (outcome, snapshot) is distinct from ($5::text, $6::jsonb)
