-- role: sluice_admin · locks: the rows · plan: primary key
-- In steps. What is yet to be told has been told by the generation that was live.
delete from outcome where ctid in (select ctid from outcome where consumer_group = $1::text limit $2::int)
