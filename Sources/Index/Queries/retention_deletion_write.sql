-- role: sluice_admin · locks: new rows · plan: function scan
insert into retention_deletion (tenant_id, document_id, incarnation_id, partition, from_offset, judged_incarnation_id, judged_offset, judged_sequence)
select $1::int, n.document_id, n.incarnation_id, n.partition, n.from_offset, n.judged_incarnation_id, n.judged_offset, n.judged_sequence
from unnest($2::bigint[], $3::int[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[])
    as n (document_id, incarnation_id, partition, from_offset, judged_incarnation_id, judged_offset, judged_sequence)
