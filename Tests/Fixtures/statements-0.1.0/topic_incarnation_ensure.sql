-- role: sluice_ingest · locks: the row when it is new · plan: unique index on (topic, broker_topic_id)
-- Waits for whoever makes the same row; what they made only a later statement sees: topic_incarnation_find.
insert into topic_incarnation (topic, broker_topic_id) values ($1::text, $2::text)
on conflict (topic, broker_topic_id) do nothing
