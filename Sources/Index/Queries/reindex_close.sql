-- role: sluice_admin · locks: the rows · plan: primary key
-- Nothing is left there to be read.
update reindex_watermark w set end_offset = c.reached
from unnest($1::int[], $2::int[], $3::int[], $4::bigint[]) as c (reindex_id, incarnation_id, partition, reached)
where w.reindex_id = c.reindex_id and w.incarnation_id = c.incarnation_id and w.partition = c.partition
