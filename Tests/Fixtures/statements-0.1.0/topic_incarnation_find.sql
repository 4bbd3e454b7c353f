-- role: sluice_ingest · locks: none · plan: unique index on (topic, broker_topic_id)
select incarnation_id from topic_incarnation where topic = $1::text and broker_topic_id = $2::text
