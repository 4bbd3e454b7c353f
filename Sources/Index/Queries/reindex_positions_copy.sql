-- role: sluice_admin · locks: the new rows · plan: primary key
-- A group that takes texts of another generation goes on where that has come to; partitions that have begun go on where they are.
insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
select $1::text, p.incarnation_id, p.partition, p.next_offset, 0 from applied_position p where p.consumer_group = $2::text
on conflict do nothing
