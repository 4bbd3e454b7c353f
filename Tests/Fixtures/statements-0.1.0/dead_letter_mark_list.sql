-- role: sluice_admin · locks: none · plan: primary key
select m.partition, m.record_offset, m.state
from unnest($2::int[], $3::bigint[]) as f (partition, first_offset)
join dead_letter_mark m on m.incarnation_id = $1::int and m.partition = f.partition and m.record_offset >= f.first_offset
