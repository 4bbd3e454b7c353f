-- role: sluice_admin · locks: none · plan: range of the primary key, and of the unique index on (tenant_id, source, name)
select t.name, s.source, s.name, s.state, s.stated_count, s.named, s.begun_at, s.first_seen_at, s.last_seen_at, s.existing, s.absent, s.newer, s.deleted,
    s.decided_at, s.decided_by, s.reason, s.tenant_id, s.snapshot_id, s.barrier_offsets is not null
from source_snapshot s join tenant t on t.tenant_id = s.tenant_id
where s.tenant_id > 0 and ($1::text is null or t.name = $1::text) and ($2::text is null or s.source = $2::text)
    and ($3::text is null or s.name = $3::text) and ($4::boolean or s.state in (1, 2, 3))
order by s.first_seen_at desc, s.snapshot_id desc
limit $5::int
