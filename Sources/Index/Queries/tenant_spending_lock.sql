-- role: sluice_ingest · locks: the row, until the transaction ends · plan: primary key
-- What was spent today, and the milliseconds until tomorrow.
select case when s.day = (now() at time zone 'UTC')::date then s.tokens else 0 end,
    (extract(epoch from ((now() at time zone 'UTC')::date + 1) - (now() at time zone 'UTC')) * 1000)::bigint
from tenant_spending s
where s.tenant_id = $1::int
for update
