-- role: sluice_admin · locks: the rows · plan: nested loop over the primary key
update audit_log a set detail = l.detail
from unnest($2::bigint[], $3::jsonb[]) as l (entry, detail)
where a.chain = $1::text and a.entry = l.entry
