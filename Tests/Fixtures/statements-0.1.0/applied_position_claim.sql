-- role: sluice_ingest · locks: rows locked already by applied_position_lock · plan: primary key
-- A new epoch for each partition: from here on every other worker's write to it is refused. Returns where to go on, and which start of the server this is:
-- a database that was restored beneath a living worker has its epoch, and is another.
update applied_position p
set epoch = c.epoch
from unnest($2::int[], $3::int[], $4::bigint[]) as c (incarnation_id, partition, epoch)
where p.consumer_group = $1::text and p.incarnation_id = c.incarnation_id and p.partition = c.partition
returning p.incarnation_id, p.partition, p.next_offset, (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint
