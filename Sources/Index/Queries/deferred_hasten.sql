-- role: sluice_admin · locks: the rows it changes · plan: one scan of deferred
-- One that was given up is due already; one whose source is paused waits for that.
update deferred d
set due_at = now()
from tenant t
where t.tenant_id = d.tenant_id and not d.abandoned and d.cause <> 'source' and ($1::text is null or t.name = $1::text) and ($2::text is null or d.host = $2::text)
