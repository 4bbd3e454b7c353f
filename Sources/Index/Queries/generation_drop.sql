-- role: sluice_admin · locks: the row · plan: primary key
-- Its name is free from now on: no name has a tilde. Not while its texts are taken for another one.
update generation set name = name || '~' || generation_id, dropped_at = now() where generation_id = $1::int and not is_live and dropped_at is null
    and not exists (select from reindex x where x.source_generation = $1::int and x.finished_at is null
        and exists (select from generation t where t.generation_id = x.generation_id and t.dropped_at is null))
