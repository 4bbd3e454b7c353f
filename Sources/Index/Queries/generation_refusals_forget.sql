-- role: sluice_admin · locks: the rows · plan: index deferred_due, then primary key
-- What waits in generation $1, and group $2 has refused before its time to tell, has no dead letter: it is forgotten, so that it waits there as well.
delete from outcome o
using deferred d
where d.generation_id = $1::int and d.tenant_id > 0 and o.consumer_group = $2::text and o.incarnation_id = d.incarnation_id and o.partition = d.partition
    and o.record_offset = d.record_offset and o.outcome = 'rejected' and not o.speaks
