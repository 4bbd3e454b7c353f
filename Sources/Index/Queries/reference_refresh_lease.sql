-- role: sluice_ingest · locks: the rows it returns; skips those another worker is at · plan: index reference_refresh_due
-- Taken for a while: a worker that dies with it loses the lease, and the next one asks.
update reference_refresh f
set leased_until = now() + $3::bigint * interval '1 millisecond', lease = $4::bigint
from (select d.tenant_id, d.document_id from reference_refresh d
      where d.generation_id = $1::int and d.due_at <= now() and (d.leased_until is null or d.leased_until < now())
      order by d.due_at limit $2::int for update skip locked) due, topic_incarnation i
where f.generation_id = $1::int and f.tenant_id = due.tenant_id and f.document_id = due.document_id and i.incarnation_id = f.incarnation_id
returning f.incarnation_id, i.topic, f.partition, f.record_offset, f.record_time, f.record_key, f.record_value, f.header_names, f.header_values,
    f.tenant_id, f.document_id, f.lease, f.etag
