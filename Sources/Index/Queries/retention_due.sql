-- role: sluice_admin · locks: none · plan: a range of document's primary key, the rest by primary keys
-- Of a range of a tenant's documents those that are past their expiry, or past a limit: the source's own, or else the tenant's; with the version in force,
-- and where its record stands. What was modified, or else published, is told by the live generation, where it has read that very version: a snapshot that
-- names it again moves its place.
select d.document_id, d.source, d.subject, d.sequence, i.topic, d.partition, d.incarnation_id, d.record_offset, due.cause
from document d
left join retention_rule own on own.tenant_id = d.tenant_id and own.source = d.source
left join retention_rule common on common.tenant_id = d.tenant_id and common.source = ''
left join lateral (
    select coalesce(c.modified_at, case when r.record_time > 0 then to_timestamp(r.record_time / 1000.0) end) as at
    from generation g
    join rendition r on r.tenant_id = d.tenant_id and r.generation_id = g.generation_id and r.document_id = d.document_id and r.state = 1
        and ((r.incarnation_id = d.incarnation_id and r.partition = d.partition and r.record_offset = d.record_offset)
            or (r.sequence = d.sequence and r.digest = d.digest))
    join rendition_content c on c.tenant_id = r.tenant_id and c.generation_id = r.generation_id and c.document_id = r.document_id
    where g.is_live and coalesce(own.age_days, common.age_days) is not null) said on true
cross join lateral (select case when d.record_time > 0 then to_timestamp(d.record_time / 1000.0) end as at) published
cross join lateral (
    select case
        when d.expires_at <= $4::timestamptz - $5::bigint * interval '1 millisecond' then 'expired'
        when coalesce(said.at, published.at) <= $4::timestamptz - coalesce(own.age_days, common.age_days) * interval '24 hours' then 'age'
        when greatest(published.at, to_timestamp(d.repeated_time / 1000.0))
            <= $4::timestamptz - coalesce(own.unseen_days, common.unseen_days) * interval '24 hours' then 'unseen' end as cause) due
join topic_incarnation i on i.incarnation_id = d.incarnation_id
where d.tenant_id = $1::int and d.document_id > $2::bigint and d.document_id <= $3::bigint and d.fact = 1 and due.cause is not null
order by d.document_id
