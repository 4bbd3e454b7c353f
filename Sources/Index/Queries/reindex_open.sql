-- role: sluice_admin · locks: none · plan: index reindex_running, primary keys
-- What is left to be read up to the watermarks of those under way.
select i.topic, w.incarnation_id, w.partition, greatest(p.next_offset, w.start_offset), w.end_offset, x.reindex_id
from reindex x
join generation g on g.generation_id = x.generation_id
join reindex_watermark w on w.reindex_id = x.reindex_id
join topic_incarnation i on i.incarnation_id = w.incarnation_id
left join applied_position p
    on p.consumer_group = 'sluice-ingest-' || g.name and p.incarnation_id = w.incarnation_id and p.partition = w.partition
where x.finished_at is null and greatest(p.next_offset, w.start_offset) < w.end_offset
