-- Claims that say once, for a transaction, what every statement in it would look up again; and what a worker's mirror of the index needs (docs/adr/0005-mirror.md).
-- Only adds: where the new claims are not set, everything is as before, and a binary of the schema before works on.
--
--   sluice.sets: the principal sets that let the asker in · sluice.lists: the access lists that do: bigint[] literals, claimed by what the policies show
--   sluice.candidates: the only documents that are looked at, each of which must be shown to the asker; unset: all that are
--   sluice.searched: those of the candidates that are shown, claimed by what the policies say of each

do $$
begin
    if not exists (select from pg_roles where rolname = 'sluice_mirror') then
        begin
            create role sluice_mirror nologin noinherit;
        exception when duplicate_object or unique_violation then
            null; -- roles belong to the server: another database's migration was faster
        end;
    end if;
    -- Retrieval takes the role up for a load, and has none of its rights before.
    begin
        grant sluice_mirror to sluice_retrieval with inherit false, set true;
    exception when unique_violation then
        null;
    end;
end $$;
grant usage on schema sluice to sluice_mirror;

set local role sluice_owner;
set local search_path = sluice, public;

------------------------------------------------------------------------------------------------- what an asker may see, once

-- What the policies ask, each found once for a statement, or once for a transaction where it was claimed. Functions with the asker's own rights, in a
-- language that is not inlined: a plan holds a call in place of every way there is, and starts in a fraction of the time.
create function asker_sets() returns bigint[] stable parallel safe language plpgsql set search_path = sluice, pg_temp as $$
begin
    if current_setting('sluice.sets', true) <> '' then return current_setting('sluice.sets', true); end if;
    return (select coalesce(array_agg(allowing.principal_set_id), '{}') from (
        select e.principal_set_id from access_entry e group by e.principal_set_id having not bool_or(e.deny)) allowing);
end $$;
create function asker_lists() returns bigint[] stable parallel safe language plpgsql set search_path = sluice, pg_temp as $$
begin
    if current_setting('sluice.lists', true) <> '' then return current_setting('sluice.lists', true); end if;
    return (select coalesce(array_agg(l.access_list_id order by l.access_list_id), '{}') from access_list l);
end $$;

alter policy asker on access_list
    using ((tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true
        and principal_set_id = any ((select asker_sets())::bigint[]));
alter policy asker on permission
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and (select nullif(current_setting('sluice.allow', true), '')) is not null
        and principal_set_id = any ((select asker_sets())::bigint[]));
alter policy asker on document
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and (select nullif(current_setting('sluice.allow', true), '')) is not null
        and (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true and fact = 1
        and access_list_id in (select unnest(asker_lists())));

create or replace view shown with (security_invoker = true, security_barrier = true) as
    select r.tenant_id, r.generation_id, r.document_id
    from document d join rendition r on r.tenant_id = d.tenant_id and r.document_id = d.document_id
    where (r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is not true
        and (r.sequence <= d.deletion_sequence) is not true
        and (r.settled_token = d.fact_token
            or ((d.expires_at is null or d.expires_at > now())
                and (d.has_own_list or (r.container_list_id in (select unnest(asker_lists()))) is true)));

create or replace view all_shown with (security_invoker = true, security_barrier = true) as
    with listed as materialized (
        select d.tenant_id, d.document_id, d.fact_token, d.deletion_incarnation is null and d.deletion_sequence is null as was_never_deleted
        from document d where d.access_list_id = any ((select asker_lists())::bigint[]))
    select d.document_id
    from listed d
    where (d.was_never_deleted
            and (d.document_id, d.fact_token) in (
                select r.document_id, r.settled_token from rendition r
                where r.document_id = any ((select array_agg(l.document_id) from listed l)::bigint[])))
        or exists (select from shown s where s.tenant_id = d.tenant_id and s.document_id = d.document_id offset 0);

-- The documents that are looked at: of the candidates, where some are claimed, those that are shown; else all that are.
create function searched_documents() returns bigint[] stable parallel safe language plpgsql set search_path = sluice, pg_temp as $$
begin
    if coalesce(current_setting('sluice.allow', true), '') = '' then return '{}'; end if;
    if current_setting('sluice.candidates', true) <> '' then
        if current_setting('sluice.searched', true) <> '' then return current_setting('sluice.searched', true); end if;
        return (select coalesce(array_agg(c.document_id), '{}') from unnest(current_setting('sluice.candidates', true)::bigint[]) c (document_id)
            where exists (select from shown s where s.document_id = c.document_id offset 0));
    end if;
    return (select coalesce(array_agg(s.document_id), '{}') from all_shown s);
end $$;
alter policy asker on vector_pack
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any ((select searched_documents())::bigint[]));

-- The way from a member to its groups alone begins with the tenant, as with the tables of migration 4: planned over an empty table, any such index would
-- do. Not even as a second column: an expression is no condition of a policy, and ingestion, which looks for it, says it so.
drop index group_member_group;
create index group_member_group on group_member (group_principal, (tenant_id + 0));

-- Texts are read of few documents: one by one, or of the candidates.
alter policy asker on chunk
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and case when (select nullif(current_setting('sluice.candidates', true), '')) is null
            then exists (select from shown s where s.tenant_id = chunk.tenant_id and s.generation_id = chunk.generation_id
                and s.document_id = chunk.document_id offset 0)
            else document_id = any ((select searched_documents())::bigint[]) end);
alter policy asker on rendition_content
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and case when (select nullif(current_setting('sluice.candidates', true), '')) is null
            then exists (select from shown s where s.tenant_id = rendition_content.tenant_id and s.generation_id = rendition_content.generation_id
                and s.document_id = rendition_content.document_id offset 0)
            else document_id = any ((select searched_documents())::bigint[]) end);

------------------------------------------------------------------------------------------------------------------ the mirror

-- Documents whose list, existence or content changed, by transaction: what a mirror of an earlier moment lacks. Kept for an hour.
create table index_change (
    tenant_id int not null, -- checked where it comes from: a foreign key would be half of what an entry costs
    document_id bigint not null,
    transaction xid8 not null default pg_current_xact_id(),
    changed_at timestamptz not null default clock_timestamp()
);
create index index_change_transaction on index_change (tenant_id, transaction) include (document_id);
create index index_change_age on index_change (changed_at);
alter table index_change enable row level security;
alter table index_change force row level security;
create policy ingestion on index_change for all to sluice_ingest using (true) with check (true);
create policy administration on index_change for all to sluice_admin using (true) with check (true);
create policy asker on index_change for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int));
grant select, insert, delete on index_change to sluice_ingest;
grant select, insert on index_change to sluice_admin;
grant select on index_change to sluice_retrieval;

-- Written by triggers, so that no writer can forget it, with the rights of whoever writes.
create function note_document_change() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        -- A look-up in a hash table, not a join, which ingestion would run as a nested loop.
        insert into index_change (tenant_id, document_id)
        select n.tenant_id, n.document_id from newly n
        where (n.document_id, n.fact, coalesce(n.access_list_id, 0)) not in (select f.document_id, f.fact, coalesce(f.access_list_id, 0) from formerly f);
    elsif tg_op = 'INSERT' then
        insert into index_change (tenant_id, document_id) select n.tenant_id, n.document_id from newly n where n.fact = 1;
    else
        insert into index_change (tenant_id, document_id) select f.tenant_id, f.document_id from formerly f;
    end if;
    return null;
end $$;
create trigger note_insert after insert on document referencing new table as newly for each statement execute function note_document_change();
create trigger note_update after update on document referencing new table as newly old table as formerly
    for each statement execute function note_document_change();
create trigger note_delete after delete on document referencing old table as formerly for each statement execute function note_document_change();

-- A rendition's row is written with its content: whenever it is or was there, its vectors may be others now.
create function note_rendition_change() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        insert into index_change (tenant_id, document_id) select f.tenant_id, f.document_id from formerly f where f.state <> 0;
    else
        insert into index_change (tenant_id, document_id) select n.tenant_id, n.document_id from newly n where n.state <> 0;
    end if;
    return null;
end $$;
create trigger note_insert after insert on rendition referencing new table as newly for each statement execute function note_rendition_change();
create trigger note_update after update on rendition referencing new table as newly for each statement execute function note_rendition_change();
create trigger note_delete after delete on rendition referencing old table as formerly for each statement execute function note_rendition_change();

-- A tenant's documents, their lists and their vectors; no name, no word.
create policy mirror on document for select to sluice_mirror
    using ((tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true);
create policy mirror on vector_pack for select to sluice_mirror
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int));
grant select (tenant_id, document_id, access_list_id, fact) on document to sluice_mirror;
grant select on vector_pack to sluice_mirror;

reset role;
