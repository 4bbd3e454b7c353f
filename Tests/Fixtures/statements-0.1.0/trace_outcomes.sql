-- role: sluice_admin · locks: none · plan: primary keys by position, outcome_unapplied by key
-- What became of the records that a document's state and history name, and of those with its key that did not take effect.
with named as materialized (
    select d.* from tenant t
    cross join lateral (select * from document where source = $2::text and subject = $3::text and tenant_id = t.tenant_id) d
    where t.name = $1::text),
positions (incarnation_id, partition, record_offset) as materialized (
    select n.incarnation_id, n.partition, n.record_offset from named n
    union
    select n.deletion_incarnation, n.deletion_partition, n.deletion_offset from named n
    union
    select r.incarnation_id, r.partition, r.record_offset from named n
    join rendition r on r.tenant_id = n.tenant_id and r.document_id = n.document_id and r.generation_id in (select generation_id from generation)
    union
    select h.incarnation_id, h.partition, h.record_offset from named n
    join document_change h on h.tenant_id = n.tenant_id and h.document_id = n.document_id
    union
    select a.incarnation_id, a.partition, a.record_offset from named n
    join access_change a on a.tenant_id = n.tenant_id and a.source = n.source and a.subject = n.subject and a.subject_kind = 'permission'),
groups (consumer_group) as (
    select 'sluice-registrar' union all select 'sluice-ingest-' || name from generation),
found as (
    select o.* from positions p cross join groups g
    join outcome o on o.consumer_group = g.consumer_group and o.incarnation_id = p.incarnation_id and o.partition = p.partition
        and o.record_offset = p.record_offset
    union
    select o.* from outcome o where o.record_key = $4::bytea and o.outcome in ('rejected', 'superseded', 'deferred'))
select f.consumer_group, i.topic, f.partition, f.record_offset, f.outcome, f.code, f.reason, f.recorded_at, f.published_at is not null
from found f join topic_incarnation i on i.incarnation_id = f.incarnation_id
order by f.recorded_at desc, f.consumer_group, i.topic, f.partition, f.record_offset desc
limit $5::int
