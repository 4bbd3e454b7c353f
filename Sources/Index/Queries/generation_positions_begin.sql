-- role: sluice_admin · locks: the new rows · plan: primary key
-- Where a group begins; one that has begun goes on where it is.
insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
select $1::text, p.*, 0 from unnest($2::int[], $3::int[], $4::bigint[]) as p (incarnation_id, partition, next_offset)
on conflict (consumer_group, incarnation_id, partition) do nothing
