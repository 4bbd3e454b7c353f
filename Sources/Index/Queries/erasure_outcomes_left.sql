-- role: sluice_admin · locks: none · plan: one scan of outcome
select count(*) from outcome o
join topic_incarnation i on i.incarnation_id = o.incarnation_id
where o.tenant_id = $1::int and o.record_key = $2::bytea and i.topic not like 'sluice.memberships%'
