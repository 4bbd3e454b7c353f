-- role: sluice_admin · locks: the rows it changes · plan: the tenant's rows of deferred by the primary key
-- What waited for this cause no longer does; of one source, or of all.
update deferred f
set due_at = now()
from tenant t
where t.name = $1::text and f.tenant_id = t.tenant_id and f.cause = $2::text
    and ($3::text is null or exists (
        select from document d where d.tenant_id = f.tenant_id and d.document_id = f.document_id and d.source = $3::text))
