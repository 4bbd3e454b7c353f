-- role: sluice_retrieval · locks: none · plan: unique index of topic_incarnation, then primary keys
-- Whether each position is reached in its topic's newest incarnation. Of permissions and memberships: everything before and it is in force. Of documents:
-- that record has its final outcome, from the registrar or the live generation, or both are past it (a record of no tenant has none).
-- The three topics of everybody, and this tenant's own: `$1` says which are documents'.
select coalesce(bool_and(case when p.is_document
        then exists (
                select from outcome o
                where o.consumer_group in ('sluice-registrar', g.consumer_group) and o.incarnation_id = i.incarnation_id and o.partition = p.partition
                    and o.record_offset = p.record_offset and o.speaks and o.outcome <> 'deferred')
            or registrar.next_offset > p.record_offset and generation.next_offset > p.record_offset and not exists (
                select from outcome o
                where o.consumer_group = g.consumer_group and o.incarnation_id = i.incarnation_id and o.partition = p.partition
                    and o.record_offset = p.record_offset and o.outcome = 'deferred')
        else registrar.next_offset > p.record_offset end is true), true)
from unnest($1::boolean[], $2::text[], $3::int[], $4::bigint[]) as p (is_document, topic, partition, record_offset)
cross join lateral (select 'sluice-ingest-' || name as consumer_group from generation where is_live offset 0) g
left join lateral (select max(t.incarnation_id) as incarnation_id from topic_incarnation t where t.topic = p.topic) i on true
left join lateral (
    select a.next_offset from applied_position a
    where a.consumer_group = 'sluice-registrar' and a.incarnation_id = i.incarnation_id and a.partition = p.partition offset 0) registrar on true
left join lateral (
    select a.next_offset from applied_position a
    where a.consumer_group = g.consumer_group and a.incarnation_id = i.incarnation_id and a.partition = p.partition offset 0) generation on true
