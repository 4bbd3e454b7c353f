-- role: sluice_admin · locks: none · plan: primary keys
-- The newest; with how many of the records up to its watermarks each has passed, and how many of the stored documents it has dealt with.
select x.reindex_id, x.generation_id, g.name, x.rate, x.started_at, x.finished_at, x.documents, x.actor, coalesce(w.done, 0)::bigint,
    coalesce(w.total, 0)::bigint, f.name, o.name, coalesce(s.done, 0)::bigint, coalesce(s.total, 0)::bigint, coalesce(s.refused, 0)::bigint, x.begins
from reindex x
join generation g on g.generation_id = x.generation_id
left join generation f on f.generation_id = x.source_generation
left join tenant o on o.tenant_id = x.only_tenant
cross join lateral (
    select sum(least(greatest(coalesce(p.next_offset, 0), w.start_offset), w.end_offset) - w.start_offset) as done,
        sum(w.end_offset - w.start_offset) as total
    from reindex_watermark w
    left join applied_position p
        on p.consumer_group = 'sluice-ingest-' || g.name and p.incarnation_id = w.incarnation_id and p.partition = w.partition
    where w.reindex_id = x.reindex_id) w
cross join lateral (
    select sum(s.documents) filter (where s.finished_at is not null) as done, sum(s.documents) as total, sum(s.refused) as refused
    from reindex_slice s where s.reindex_id = x.reindex_id and s.tenant_id > 0) s
where g.dropped_at is null
order by x.reindex_id desc limit 100
