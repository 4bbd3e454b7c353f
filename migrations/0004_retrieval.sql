-- Plans that statistics cannot spoil. A worker prepares its statements once, perhaps over an index that is nearly empty, and keeps them while it grows;
-- the planner cannot look into a claim, and where it takes every way for one of a single row it picks any. So it is left no choice:
--
--   * No policy joins. What belongs to one row is looked up by its key (`offset 0` keeps that a look-up); what belongs to an asker is an array where it
--     is the condition of an index, else a hash table (`in`, which is not flattened there): as costly whether it holds ten or ten thousand.
--   * document, access_list and chunk_terms are read in more than one way. Their policies offer no index a condition (`is true`): who reads says by
--     which. Of their indexes, and access_entry's, one alone begins with the tenant.
--
-- Only policies, views and indexes: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

alter table document add unique (source, subject, tenant_id), drop constraint document_tenant_id_source_subject_key;
alter table access_list add unique (container_id, tenant_id), drop constraint access_list_tenant_id_container_id_key;
drop index document_access, access_list_set, access_entry_set;
create index document_access on document (access_list_id) where access_list_id is not null;
create index access_list_set on access_list (principal_set_id) include (access_list_id, tenant_id);
create index access_entry_set on access_entry (principal_set_id);
-- The way to one document. To the planner a hash index is cheaper than any tree, be it of one page or of a million.
create index document_identity on document using hash (document_id);

-- Whoever may allow may deny as well: sluice.deny holds them all.
alter policy asker on access_entry
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and principal = any ((select nullif(current_setting('sluice.deny', true), '')::text[])::text[])
        and (deny or principal in (select unnest(nullif(current_setting('sluice.allow', true), '')::text[]) collate "C")));
alter policy asker on access_list
    using ((tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true
        and principal_set_id = any ((select array_agg(allowing.principal_set_id) from (
            select e.principal_set_id from access_entry e group by e.principal_set_id having not bool_or(e.deny)) allowing)::bigint[]));
-- Its first condition is one of the whole statement: without claims nothing is read at all.
alter policy asker on document
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true and fact = 1
        and access_list_id in (select l.access_list_id from access_list l));
-- The version of a list, for receipts: only of names whose list the asker is let in by.
alter policy asker on permission
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and principal_set_id in (select l.principal_set_id from access_list l));

-- What the asker is shown: the policies of document and rendition; nothing that a registered deletion came after; and, while newer facts are known
-- than the rendition was made from, the older version's container and the newer one's expiry as well. To be asked for one document.
create or replace view shown with (security_invoker = true, security_barrier = true) as
    select r.tenant_id, r.generation_id, r.document_id
    from document d join rendition r on r.tenant_id = d.tenant_id and r.document_id = d.document_id
    where (r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is not true
        and (r.sequence <= d.deletion_sequence) is not true
        and (r.settled_token = d.fact_token
            or ((d.expires_at is null or d.expires_at > now())
                and (d.has_own_list or (r.container_list_id in (select l.access_list_id from access_list l)) is true)));

-- The same, of all documents. Nearly all are settled and were never deleted: of these a hash table tells. The others are asked for one by one.
create view all_shown with (security_invoker = true, security_barrier = true) as
    with listed as materialized (
        select d.tenant_id, d.document_id, d.fact_token, d.deletion_incarnation is null and d.deletion_sequence is null as was_never_deleted
        from document d
        where d.access_list_id = any ((select array_agg(l.access_list_id) from access_list l)::bigint[]))
    select d.document_id
    from listed d
    where (d.was_never_deleted
            and (d.document_id, d.fact_token) in (
                select r.document_id, r.settled_token from rendition r
                where r.document_id = any ((select array_agg(l.document_id) from listed l)::bigint[])))
        or exists (select from shown s where s.tenant_id = d.tenant_id and s.document_id = d.document_id offset 0);
grant select on all_shown to sluice_retrieval;

alter policy asker on vector_pack
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any ((select array_agg(s.document_id) from all_shown s)::bigint[]));
alter policy asker on chunk_terms
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and terms @@ (select nullif(current_setting('sluice.terms', true), '')::tsquery)
        and (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true
        and (generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)) is true
        and exists (select from shown s where s.tenant_id = chunk_terms.tenant_id and s.generation_id = chunk_terms.generation_id
            and s.document_id = chunk_terms.document_id offset 0));

reset role;
