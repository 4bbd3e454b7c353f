-- role: sluice_ingest · locks: none · plan: partial index source_snapshot_unsettled
-- Snapshots with something to do: whole, being applied, or over and not told.
select s.tenant_id, t.name, s.source, s.name
from source_snapshot s join tenant t on t.tenant_id = s.tenant_id
where s.settled_at is null and s.tenant_id > 0 and (s.state > 2 or s.state = 1 and s.named = s.stated_count)
order by s.begun_at desc, s.snapshot_id desc
limit $1::int
