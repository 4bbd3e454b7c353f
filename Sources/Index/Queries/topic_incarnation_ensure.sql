-- role: sluice_ingest · locks: the row · plan: unique index on (topic, broker_topic_id)
-- The update changes nothing: it makes a row that another worker has just inserted visible here.
insert into topic_incarnation as i (topic, broker_topic_id) values ($1::text, $2::text)
on conflict (topic, broker_topic_id) do update set topic = i.topic
returning i.incarnation_id
