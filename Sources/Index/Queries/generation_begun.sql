-- role: sluice_admin · locks: none · plan: primary key; the few rows of reindex
-- Whether its workers have begun anywhere; and whether that was later than the topics do. What took stored texts since has made all there was.
select exists (select from applied_position where consumer_group = $2::text),
    exists (select from reindex x where x.generation_id = $1::int and x.begins_late
        and not exists (select from reindex s where s.generation_id = $1::int and s.source_generation is not null and s.reindex_id > x.reindex_id))
