-- role: sluice_admin · locks: the rows it changes · plan: one scan of deferred
-- Not what waits for its source alone. The row stays: the next worker rejects it, with a dead letter and an outcome.
update deferred d
set abandoned = true, due_at = now()
from tenant t
where t.tenant_id = d.tenant_id and not d.abandoned and d.cause <> 'source' and ($1::text is null or t.name = $1::text) and ($2::text is null or d.host = $2::text)
