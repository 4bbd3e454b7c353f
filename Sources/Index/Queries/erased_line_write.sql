-- role: sluice_admin · locks: new rows, under the lock of the admins' chain · plan: function scan, erased_line_batch
-- Returns the number of the batch.
with numbered as materialized (select coalesce(max(e.batch), 0) + 1 as batch from erased_line e where e.erasure_id = $1::int),
written as (
    insert into erased_line (chain, entry, erasure_id, batch, digest)
    select l.chain, l.entry, $1::int, n.batch, l.digest from numbered n, unnest($2::text[], $3::bigint[], $4::bytea[]) as l (chain, entry, digest))
select batch from numbered
