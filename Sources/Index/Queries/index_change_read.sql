-- role: sluice_retrieval · locks: none · plan: index-only scan of index_change_transaction
-- What a mirror of snapshot $1, taken at $2, lacks: at most $3 documents; whether the log still reaches back to it; and whether it soon no longer will.
select $2::timestamptz > now() - interval '50 minutes', $2::timestamptz < now() - interval '25 minutes', coalesce((
    select array_agg(c.document_id order by c.document_id) from (
        select distinct i.document_id from index_change i
        where i.transaction >= pg_snapshot_xmin($1::text::pg_snapshot) and not pg_visible_in_snapshot(i.transaction, $1::text::pg_snapshot)
        limit $3::int) c), '{}')
