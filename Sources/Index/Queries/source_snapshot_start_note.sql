-- role: sluice_ingest · locks: the rows, whose snapshots are locked by source_snapshot_lock · plan: primary key
insert into source_snapshot_start as known (tenant_id, snapshot_id, incarnation_id, partition, first_offset)
select p.tenant_id, p.snapshot_id, p.incarnation_id, p.partition, min(p.first_offset)
from unnest($1::int[], $2::bigint[], $3::int[], $4::int[], $5::bigint[]) as p (tenant_id, snapshot_id, incarnation_id, partition, first_offset)
group by p.tenant_id, p.snapshot_id, p.incarnation_id, p.partition
on conflict (tenant_id, snapshot_id, incarnation_id, partition) do update set first_offset = least(known.first_offset, excluded.first_offset)
