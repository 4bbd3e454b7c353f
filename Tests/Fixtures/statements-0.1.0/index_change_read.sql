-- role: sluice_retrieval · locks: none · plan: index-only scan of index_change_transaction
-- Which documents a mirror of snapshot $1, taken at $2, lacks; whether these are all: the log still reaches back to it, and what it says since was read to its
-- end, of at most eight entries for each of $3 documents; and whether the log soon no longer will.
with entries as materialized (
    select i.document_id from index_change i
    where i.transaction >= pg_snapshot_xmin($1::text::pg_snapshot) and not pg_visible_in_snapshot(i.transaction, $1::text::pg_snapshot)
    limit 8 * $3::int)
select $2::timestamptz > now() - interval '50 minutes' and (select count(*) from entries) < 8 * $3::int,
    $2::timestamptz < now() - interval '25 minutes', coalesce((select array_agg(distinct e.document_id order by e.document_id) from entries e), '{}')
