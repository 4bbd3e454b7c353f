-- role: sluice_ingest · locks: the row when it is new · plan: unique index on (topic, broker_topic_id)
with made as (
    insert into topic_incarnation (topic, broker_topic_id) values ($1::text, $2::text)
    on conflict (topic, broker_topic_id) do nothing
    returning incarnation_id)
select incarnation_id from made
union all
select incarnation_id from topic_incarnation where topic = $1::text and broker_topic_id = $2::text
limit 1
