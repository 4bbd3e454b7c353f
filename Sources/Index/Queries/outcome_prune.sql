-- role: sluice_admin · locks: the rows it deletes · plan: a range of the primary key, other groups' rows of the same positions by it
-- Of the next $5 outcomes before $6 those recorded before $7 that are told, or never will be, and of which nothing waits, here or in another generation.
-- With $8 they are only counted.
with page as materialized (
    select o.record_offset, o.outcome, o.speaks, o.published_at, o.recorded_at from outcome o
    where o.consumer_group = $1::text and o.incarnation_id = $2::int and o.partition = $3::int and o.record_offset > $4::bigint
        and o.record_offset < $6::bigint
    order by o.record_offset limit $5::int),
told as materialized (
    select p.record_offset from page p
    where p.recorded_at < $7::timestamptz and (p.published_at is not null or not p.speaks) and p.outcome <> 'deferred'
        and not exists (
            select from generation g
            join outcome w on w.consumer_group = 'sluice-ingest-' || g.name and w.incarnation_id = $2::int and w.partition = $3::int
                and w.record_offset = p.record_offset and w.outcome = 'deferred'
            where g.dropped_at is null)),
gone as (
    delete from outcome o using told t
    where o.consumer_group = $1::text and o.incarnation_id = $2::int and o.partition = $3::int and o.record_offset = t.record_offset and not $8::boolean)
select (select count(*) from page), (select max(record_offset) from page), (select count(*) from told),
    exists (select from page where recorded_at < $7::timestamptz)
