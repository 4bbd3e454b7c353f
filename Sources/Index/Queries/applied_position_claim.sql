-- role: sluice_ingest · locks: the claimed rows · plan: primary key
-- A new epoch for each partition: from here on every other worker's write to it is refused. Returns where to go on.
insert into applied_position as p (consumer_group, incarnation_id, partition, next_offset, epoch)
select $1::text, c.incarnation_id, c.partition, 0, c.epoch
from unnest($2::int[], $3::int[], $4::bigint[]) as c (incarnation_id, partition, epoch)
order by c.incarnation_id, c.partition
on conflict (consumer_group, incarnation_id, partition) do update set epoch = excluded.epoch
returning p.incarnation_id, p.partition, p.next_offset
