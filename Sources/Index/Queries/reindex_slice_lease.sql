-- role: sluice_ingest · locks: the row it returns; skips those another worker is at · plan: index reindex_slice_open
-- The next slice of what is to be made for generation $1 of another one's texts. A worker that dies with it loses the lease.
update reindex_slice s
set leased_until = now() + $2::bigint * interval '1 millisecond', lease = $3::bigint
from (
    select o.reindex_id, o.slice, x.source_generation
    from reindex x
    join generation g on g.generation_id = x.source_generation and g.dropped_at is null
    join reindex_slice o on o.reindex_id = x.reindex_id
    where x.generation_id = $1::int and x.finished_at is null and o.finished_at is null and (o.leased_until is null or o.leased_until < now())
    order by o.reindex_id, o.slice limit 1 for update of o skip locked) open
where s.reindex_id = open.reindex_id and s.slice = open.slice
returning s.reindex_id, s.slice, s.tenant_id, s.first_document, s.last_document, open.source_generation, s.lease
