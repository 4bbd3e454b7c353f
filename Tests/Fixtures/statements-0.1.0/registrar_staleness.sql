-- role: sluice_retrieval · locks: none · plan: unique index of topic_incarnation, then the primary key's prefix
-- Milliseconds since the registrar last said of every partition of the three topics that it goes on; null where it never took one up: nothing is visible.
select (extract(epoch from now() - min(a.applied_at)) * 1000)::bigint
from unnest(array['sluice.documents', 'sluice.permissions', 'sluice.memberships']) as n (topic)
cross join lateral (select max(t.incarnation_id) as incarnation_id from topic_incarnation t where t.topic = n.topic) i
cross join lateral (
    select p.applied_at from applied_position p where p.consumer_group = 'sluice-registrar' and p.incarnation_id = i.incarnation_id offset 0) a
