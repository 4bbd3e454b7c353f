-- role: sluice_admin · locks: none · plan: partial unique index erasure_open
select erasure_id from erasure where tenant = $1::text and kind = $2::text and target = $3::text and finished_at is null
