-- role: sluice_admin · locks: none · plan: a full join of both generations' renditions, by hash or merge
-- By tenant: documents of $1, of $2, only of $1 (of these, waiting in $2), only of $2; and of those that both have: of another version, of another text,
-- elsewhere (another container or expiry), of an older version (of these, waiting in $2) that $2 has stayed with though it has come past the newer one.
-- Marked as deleted: nobody's.
select t.name, count(*) filter (where c.a), count(*) filter (where c.b), count(*) filter (where c.a and not c.b),
    count(*) filter (where c.a and not c.b and c.waits), count(*) filter (where c.b and not c.a),
    count(*) filter (where c.a and c.b and not c.is_same), count(*) filter (where c.a and c.b and c.is_same and c.reads_differently),
    count(*) filter (where c.a and c.b and c.is_same and c.is_elsewhere), count(*) filter (where c.is_older), count(*) filter (where c.is_older and c.waits)
from (
    select d.tenant_id, a.document_id is not null as a, b.document_id is not null as b, w.document_id is not null as waits,
        (a.incarnation_id, a.partition, a.record_offset) = (b.incarnation_id, b.partition, b.record_offset) as is_same,
        p.body_digest <> q.body_digest as reads_differently,
        (a.container_id, a.expires_at) is distinct from (b.container_id, b.expires_at) as is_elsewhere,
        coalesce(is_older(b, a) and a.record_offset < coalesce(g.next_offset, a.record_offset + 1), false) as is_older
    from document d
    left join rendition a on a.tenant_id = d.tenant_id and a.document_id = d.document_id and a.generation_id = $1::int and a.state = 1
    left join rendition b on b.tenant_id = d.tenant_id and b.document_id = d.document_id and b.generation_id = $2::int and b.state = 1
    left join rendition_content p on p.tenant_id = a.tenant_id and p.generation_id = a.generation_id and p.document_id = a.document_id
    left join rendition_content q on q.tenant_id = b.tenant_id and q.generation_id = b.generation_id and q.document_id = b.document_id
    left join deferred w on w.tenant_id = d.tenant_id and w.generation_id = $2::int and w.document_id = d.document_id
    left join applied_position g on g.consumer_group = $3::text and g.incarnation_id = a.incarnation_id and g.partition = a.partition
    where d.tenant_id > 0 and d.fact = 1 and (a.document_id is not null or b.document_id is not null)) c
join tenant t on t.tenant_id = c.tenant_id
group by t.name order by t.name
