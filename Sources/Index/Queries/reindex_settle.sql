-- role: sluice_admin · locks: the rows · plan: primary keys
-- What has come to its watermarks, and has no slice left, is finished.
update reindex x
set finished_at = now()
from generation g
where x.finished_at is null and g.generation_id = x.generation_id and not exists (
    select from reindex_watermark w
    left join applied_position p
        on p.consumer_group = 'sluice-ingest-' || g.name and p.incarnation_id = w.incarnation_id and p.partition = w.partition
    where w.reindex_id = x.reindex_id and greatest(p.next_offset, w.start_offset) < w.end_offset)
    and not exists (select from reindex_slice s where s.reindex_id = x.reindex_id and s.finished_at is null)
