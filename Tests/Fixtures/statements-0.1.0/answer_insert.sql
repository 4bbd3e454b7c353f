-- role: sluice_retrieval · locks: new rows only · plan: function scans
-- The lines of a batch of answers, and what was asked where that is kept; one transaction.
with lines as (
    insert into answer_log (chain, entry, at, tenant, asker, documents, detail, previous_hash, hash)
    select $1::text, e.entry, e.at, e.tenant, e.asker, e.documents::bigint[], e.detail, e.previous_hash, e.hash
    from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[])
        as e (entry, at, tenant, asker, documents, detail, previous_hash, hash))
insert into answer_text (chain, entry, salt, query_text, erase_after)
select $1::text, t.entry, t.salt, t.query_text, t.erase_after
from unnest($10::bigint[], $11::bytea[], $12::text[], $13::timestamptz[]) as t (entry, salt, query_text, erase_after)
