-- role: sluice_admin · locks: the rows it writes, in order · plan: primary key
insert into dead_letter_mark (incarnation_id, partition, record_offset, state, actor)
select $1::int, l.partition, l.record_offset, $4::text, $5::text
from unnest($2::int[], $3::bigint[]) as l (partition, record_offset)
order by 2, 3
on conflict (incarnation_id, partition, record_offset) do update
set state = excluded.state, actor = excluded.actor, marked_at = now()
