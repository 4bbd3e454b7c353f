-- role: sluice_admin · locks: none · plan: sequential scan: as many rows as topics
select topic, incarnation_id, seen_at from topic_incarnation where topic = any ($1::text[]) order by incarnation_id
