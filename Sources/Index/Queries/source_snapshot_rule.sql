-- role: sluice_admin · locks: the row it changes · plan: unique index on (tenant_id, source, name)
-- An admin's word: nothing where the snapshot is in none of the states that it may be said of.
update source_snapshot s
set state = $4::smallint, decided_at = now(), decided_by = $5::text, reason = $6::text
from tenant t
where t.tenant_id = s.tenant_id and t.name = $1::text and s.source = $2::text and s.name = $3::text and s.state = any ($7::smallint[])
