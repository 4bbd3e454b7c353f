-- role: sluice_admin · locks: the new row · plan: partial unique index erasure_open
-- One that was begun and not finished goes on: erasure_open_find.
insert into erasure (tenant, kind, target, actor, reason) values ($1::text, $2::text, $3::text, $4::text, $5::text)
on conflict (tenant, kind, target) where finished_at is null do nothing
returning erasure_id
