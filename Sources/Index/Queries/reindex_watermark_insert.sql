-- role: sluice_admin · locks: the new rows · plan: function scan
insert into reindex_watermark (reindex_id, incarnation_id, partition, start_offset, end_offset)
select $1::int, w.* from unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[]) as w
