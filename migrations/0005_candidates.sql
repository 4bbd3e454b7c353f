-- A search may be narrowed to some documents: the claim sluice.candidates, text of a bigint[]; unset or spent, it narrows nothing. What is let through is
-- still said by `shown` alone.
--
-- Only policies and views: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

-- Of a few thousand candidates each is looked up by itself, which reads nothing else; of more, all that the asker is shown is hashed.
create view shown_candidates with (security_invoker = true, security_barrier = true) as
    with claimed as materialized (select nullif(current_setting('sluice.candidates', true), '')::bigint[] as document_ids)
    select c.document_id
    from claimed cross join lateral unnest(claimed.document_ids) as c (document_id)
    where case when cardinality(claimed.document_ids) <= 4096
            then exists (select from shown s where s.document_id = c.document_id
                and s.tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int) offset 0)
            else c.document_id in (select s.document_id from all_shown s) end;
grant select on shown_candidates to sluice_retrieval;

alter policy asker on vector_pack
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any (case when nullif(current_setting('sluice.candidates', true), '') is null
            then (select array_agg(s.document_id) from all_shown s)
            else (select array_agg(c.document_id) from shown_candidates c) end::bigint[]));
alter policy asker on chunk_terms
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and terms @@ (select nullif(current_setting('sluice.terms', true), '')::tsquery)
        and (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true
        and (generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)) is true
        and (case when (select nullif(current_setting('sluice.candidates', true), '')) is null then true
            else document_id in (select unnest(nullif(current_setting('sluice.candidates', true), '')::bigint[])) end)
        and exists (select from shown s where s.tenant_id = chunk_terms.tenant_id and s.generation_id = chunk_terms.generation_id
            and s.document_id = chunk_terms.document_id offset 0));

reset role;
