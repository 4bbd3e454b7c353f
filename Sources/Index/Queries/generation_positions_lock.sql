-- role: sluice_admin · locks: all positions of a group, for update: waits for the writes that hold them, and those to come wait · plan: primary key
select p.incarnation_id, p.partition from applied_position p where p.consumer_group = $1::text order by p.incarnation_id, p.partition for update of p
