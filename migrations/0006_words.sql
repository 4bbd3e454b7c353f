-- The words of documents: one row each, analysed by ingestion (Sources/Words), scored in the worker. chunk_terms stays for a binary of the schema before,
-- and is neither written nor read any more; what was indexed before this migration is found by its words once it is indexed again.

do $$
declare name text;
begin
    foreach name in array array['sluice_mirror'] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin noinherit', name);
            exception when duplicate_object or unique_violation then
                null; -- roles belong to the server: another database's migration was faster
            end;
        end if;
    end loop;
end $$;
grant usage on schema sluice to sluice_mirror;

set local role sluice_owner;
set local search_path = sluice, public;

-- data: PassageTerms, form 1. Not compressed: shared beginnings and short numbers leave the server nothing to gain but time to lose.
create table passage_terms (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    data bytea not null,
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, generation_id, document_id) references rendition on delete cascade
);
alter table passage_terms alter column data set storage external;

alter table passage_terms enable row level security;
alter table passage_terms force row level security;
create policy ingestion on passage_terms for all to sluice_ingest using (true) with check (true);
create policy administration on passage_terms for all to sluice_admin using (true) with check (true);
grant select, insert, update, delete on passage_terms to sluice_ingest;
grant select on passage_terms to sluice_admin, sluice_retrieval, sluice_mirror;

-- What the asker is shown; where sluice.candidates names documents, of these alone. Both are arrays, so that the primary key is the only way; each is
-- computed only where it is needed.
create policy asker on passage_terms for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any ((select case when nullif(current_setting('sluice.candidates', true), '') is null
            then (select array_agg(s.document_id) from all_shown s)
            else (select array_agg(c.document_id) from unnest(nullif(current_setting('sluice.candidates', true), '')::bigint[]) as c (document_id)
                where exists (select from shown s where s.tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
                    and s.generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
                    and s.document_id = c.document_id offset 0)) end)::bigint[]));
-- The mirror holds a tenant's words whoever asks; what of them is shown is decided above.
create policy mirror on passage_terms for select to sluice_mirror
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int));

reset role;
