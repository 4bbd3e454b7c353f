-- role: sluice_admin · locks: none · plan: sequential scan: as many rows as reindexes
-- Whether a generation's texts are being taken for another one.
select exists (
    select from reindex x join generation t on t.generation_id = x.generation_id and t.dropped_at is null
    where x.source_generation = $1::int and x.finished_at is null)
