-- role: sluice_admin · locks: none · plan: sequential scan
-- Its row stays, under a name that no other has.
select exists (select from generation where dropped_at is not null and split_part(name, '~', 1) = $1::text)
