-- role: sluice_ingest · locks: the rows it returns, for key share, first of all locks: any number of writes at once, and none beside a claim · plan: primary key
-- Fewer rows than asked for: a partition was claimed by another worker, or the server has been started since, perhaps with an earlier database; the
-- transaction must not commit.
select p.incarnation_id, p.partition
from applied_position p
join unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[]) as c (incarnation_id, partition, epoch, server)
    on c.incarnation_id = p.incarnation_id and c.partition = p.partition and c.epoch = p.epoch
where p.consumer_group = $1::text and c.server = (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint
order by p.incarnation_id, p.partition
for key share of p
