-- role: sluice_admin · locks: the rows · plan: nested loop over the primary key
-- What was asked goes with it.
with texts as (
    delete from answer_text t using unnest($1::text[], $2::bigint[]) as l (chain, entry) where t.chain = l.chain and t.entry = l.entry returning 1),
lines as (
    update answer_log a set asker = l.asker, documents = l.documents::bigint[], detail = l.detail
    from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) as l (chain, entry, asker, documents, detail)
    where a.chain = l.chain and a.entry = l.entry returning 1)
select (select count(*) from lines), (select count(*) from texts)
