-- role: sluice_ingest · locks: new rows only · plan: function scan
insert into access_entry (tenant_id, principal, principal_set_id, deny)
select $1::int, e.principal, $2::bigint, e.deny
from unnest($3::text[], $4::boolean[]) as e (principal, deny)
