-- role: sluice_ingest · locks: none · plan: index reindex_running, primary keys
-- Whether a reindex into generation $1, of consumer group $2, has come neither to its watermarks nor to the end of its slices.
select exists (
    select from reindex x
    where x.generation_id = $1::int and x.finished_at is null and (
        exists (
            select from reindex_watermark w
            left join applied_position p on p.consumer_group = $2::text and p.incarnation_id = w.incarnation_id and p.partition = w.partition
            where w.reindex_id = x.reindex_id and greatest(p.next_offset, w.start_offset) < w.end_offset)
        or exists (select from reindex_slice s where s.reindex_id = x.reindex_id and s.finished_at is null)))
