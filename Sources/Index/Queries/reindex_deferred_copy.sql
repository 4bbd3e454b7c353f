-- role: sluice_admin · locks: the new rows · plan: index deferred_due, then primary keys
-- What waits in generation $3 (group $4), of one tenant or of all, waits in $1 (group $2) as well, unless that waits for the document already or has ended the
-- record: its record is behind the positions that $1 goes on from. What waits for its source or for its tenant's next day is due at once, since who resumes
-- the source, or raises the budget, may not have seen these rows: the worker finds out whether it has to wait on.
with waiting as (
    insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_key, record_value,
        header_names, header_values, host, reason, deferred_at, attempts, due_at, abandoned, cause)
    select d.tenant_id, $1::int, d.document_id, d.incarnation_id, d.partition, d.record_offset, d.record_time, d.record_key, d.record_value,
        d.header_names, d.header_values, d.host, d.reason, d.deferred_at, d.attempts,
        case when d.cause in ('source', 'budget') then now() else d.due_at end, d.abandoned, d.cause
    from deferred d
    join tenant t on t.tenant_id = d.tenant_id and t.deleted_at is null
    where d.generation_id = $3::int and d.tenant_id > 0 and ($5::int is null or d.tenant_id = $5::int)
        and not exists (
            select from deferred w where w.tenant_id = d.tenant_id and w.generation_id = $1::int and w.document_id = d.document_id)
        and not exists (
            select from outcome e where e.consumer_group = $2::text and e.incarnation_id = d.incarnation_id and e.partition = d.partition
                and e.record_offset = d.record_offset and e.outcome <> 'deferred')
    on conflict do nothing
    returning incarnation_id, partition, record_offset)
insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, record_key, correlation_id, traceparent, tracestate, outcome,
    code, reason, speaks)
select $2::text, o.incarnation_id, o.partition, o.record_offset, o.tenant_id, o.record_key, o.correlation_id, o.traceparent, o.tracestate, o.outcome,
    o.code, o.reason, false
from waiting w
join outcome o on o.consumer_group = $4::text and o.incarnation_id = w.incarnation_id and o.partition = w.partition and o.record_offset = w.record_offset
where o.outcome = 'deferred'
on conflict do nothing
