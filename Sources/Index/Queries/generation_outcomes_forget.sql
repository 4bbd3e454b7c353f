-- role: sluice_admin · locks: the rows · plan: primary key
-- Of a dropped generation, in steps. Its name is free once they are gone: another of the name would take them for its own.
delete from outcome where ctid in (
    select o.ctid from generation g join outcome o on o.consumer_group = 'sluice-ingest-' || split_part(g.name, '~', 1)
    where g.generation_id = $1::int and g.dropped_at is not null and not exists (select from generation n where n.name = split_part(g.name, '~', 1))
    limit $2::int)
