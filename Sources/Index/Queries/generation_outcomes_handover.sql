-- role: sluice_admin · locks: the rows · plan: index outcome_unpublished
-- What group $1 has yet to tell, and nobody will tell for it, group $2 tells: as it has dealt with the record itself, where it has.
with untold as (
    delete from outcome o where o.consumer_group = $1::text and o.speaks and o.published_at is null returning o.*)
insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, record_key, correlation_id, traceparent, tracestate, outcome, code,
    reason, generation, chunks, embedded, reused, snapshot, forget)
select $2::text, incarnation_id, partition, record_offset, tenant_id, record_key, correlation_id, traceparent, tracestate, outcome, code,
    reason, generation, chunks, embedded, reused, snapshot, forget
from untold
on conflict (consumer_group, incarnation_id, partition, record_offset) do update set speaks = true where not outcome.speaks
