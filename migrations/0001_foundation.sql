-- Facts, renditions and access, stored apart because they change for three reasons (docs/architecture.md).
--
-- Conventions
--   * Every row belongs to a tenant; every policy below begins with the tenant.
--   * A clock is the columns (sequence, highest_sequence, digest, incarnation_id, partition, record_offset, record_time) together with a
--     state: the event in force under the contract's rule 3. The comparison itself is Contract's VersionClock; SQL only keeps it.
--   * Text that is compared byte for byte is collate "C".

do $$
declare name text;
begin
    foreach name in array array['sluice_owner', 'sluice_ingest', 'sluice_retrieval', 'sluice_admin'] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin noinherit', name);
            exception when duplicate_object or unique_violation then
                null; -- roles belong to the server: another database's migration was faster
            end;
        end if;
    end loop;
end $$;

create extension if not exists vector;
create schema if not exists sluice authorization sluice_owner;
grant usage on schema sluice to sluice_ingest, sluice_retrieval, sluice_admin;

set local role sluice_owner;
set local search_path = sluice, public;

create table schema_migration (
    number int primary key,
    name text not null,
    digest bytea not null,
    applied_at timestamptz not null default now()
);

create table tenant (
    tenant_id int generated always as identity primary key,
    name text collate "C" not null unique,
    created_at timestamptz not null default now()
);

-- A topic that is deleted and created again is a new incarnation, newer than the old: ids grow.
create table topic_incarnation (
    incarnation_id int generated always as identity primary key,
    topic text collate "C" not null,
    broker_topic_id text not null,
    seen_at timestamptz not null default now(),
    unique (topic, broker_topic_id)
);

-- A generation fixes one embedding space, one chunker configuration and one parser version; its consumer group is sluice-ingest-<name>.
create table generation (
    generation_id int generated always as identity primary key,
    name text collate "C" not null unique,
    embedding_space text not null,
    dimension int not null,
    chunker text not null,
    parser text not null,
    is_live boolean not null default false,
    created_at timestamptz not null default now()
);
create unique index generation_live on generation (is_live) where is_live;

----------------------------------------------------------------------------------------------------------------------- facts

-- One row per name of a source: documents and containers share a name space, and locking this row locks the name.
-- fact: 0 nothing known (a container, or a list that came first), 1 exists, 2 deleted. Rows are never pruned: they are the durable
-- marks of deletion. fact_token changes with every fact that wins; a rendition that carries it has dealt with that fact.
create table document (
    tenant_id int not null references tenant,
    document_id bigint generated always as identity,
    source text collate "C" not null,
    subject text collate "C" not null,
    fact smallint not null default 0 check (fact between 0 and 2),
    sequence bigint,
    highest_sequence bigint,
    digest bytea,
    incarnation_id int references topic_incarnation,
    partition int,
    record_offset bigint,
    record_time bigint,
    fact_token bigint not null default 0,
    -- Marks of deletion: the last one that won, and the highest sequence of any. What a generation made of an older version is not shown,
    -- whether the generation has come to the deletion or not.
    deletion_incarnation int,
    deletion_partition int,
    deletion_offset bigint,
    deletion_sequence bigint,
    deletion_repeated boolean not null default false, -- the last one that won found the document deleted already
    container_id bigint,
    expires_at timestamptz,
    access_list_id bigint,                       -- the list in force: its own, else its container's; null: nobody
    has_own_list boolean not null default false, -- its entry states a list, or could not be read
    primary key (tenant_id, document_id),
    unique (tenant_id, source, subject)
);
create sequence fact_token as bigint;
create index document_access on document (tenant_id, access_list_id) include (document_id, fact_token, has_own_list) where fact = 1;

---------------------------------------------------------------------------------------------------------------------- access

-- Distinct lists of principals, shared by every entry that states the same one.
create table principal_set (
    tenant_id int not null references tenant,
    principal_set_id bigint generated always as identity,
    digest bytea not null,
    primary key (tenant_id, principal_set_id),
    unique (tenant_id, digest)
);
create table access_entry (
    tenant_id int not null,
    principal text collate "C" not null,
    principal_set_id bigint not null,
    deny boolean not null,
    primary key (tenant_id, principal, principal_set_id, deny),
    foreign key (tenant_id, principal_set_id) references principal_set on delete cascade
);
create index access_entry_set on access_entry (tenant_id, principal_set_id);

-- What documents point to: one row per distinct own list (container_id null), and one row of its own per container, resolved down
-- the container tree, so that a change of a folder of 100,000 documents writes one row here and touches no document.
-- principal_set_id null: visible to nobody. granted_by: the name whose entry states the list (a container's own, or an ancestor's).
create table access_list (
    tenant_id int not null references tenant,
    access_list_id bigint generated always as identity,
    principal_set_id bigint,
    container_id bigint,
    granted_by bigint,
    primary key (tenant_id, access_list_id),
    unique (tenant_id, container_id),
    foreign key (tenant_id, principal_set_id) references principal_set
);
create unique index access_list_own on access_list (tenant_id, principal_set_id) where container_id is null;
create index access_list_set on access_list (tenant_id, principal_set_id) include (access_list_id);

-- The entry of a name on sluice.permissions. state: 1 a list, 2 only a parent, 3 tombstone, 4 could not be read (closed to everybody).
create table permission (
    tenant_id int not null,
    document_id bigint not null,
    state smallint not null check (state between 1 and 4),
    sequence bigint,
    highest_sequence bigint,
    digest bytea,
    incarnation_id int references topic_incarnation,
    partition int,
    record_offset bigint,
    record_time bigint,
    parent_id bigint,
    principal_set_id bigint,
    primary key (tenant_id, document_id),
    foreign key (tenant_id, document_id) references document,
    foreign key (tenant_id, parent_id) references document,
    foreign key (tenant_id, principal_set_id) references principal_set
);
create index permission_parent on permission (tenant_id, parent_id) where parent_id is not null;

-- state: 1 members known, 2 tombstone, 3 could not be read (closed).
create table member_group (
    tenant_id int not null references tenant,
    principal text collate "C" not null,
    state smallint not null check (state between 0 and 3),
    sequence bigint,
    highest_sequence bigint,
    digest bytea,
    incarnation_id int references topic_incarnation,
    partition int,
    record_offset bigint,
    record_time bigint,
    primary key (tenant_id, principal)
);
create index member_group_closed on member_group (tenant_id) include (principal) where state = 3;
create table group_member (
    tenant_id int not null,
    member text collate "C" not null,
    group_principal text collate "C" not null,
    primary key (tenant_id, member, group_principal),
    foreign key (tenant_id, group_principal) references member_group
);
create index group_member_group on group_member (tenant_id, group_principal);

-- Who said what when: every entry and group that ever won, for `explain … --at`.
create table access_change (
    tenant_id int not null references tenant,
    access_change_id bigint generated always as identity,
    changed_at timestamptz not null default now(),
    subject_kind text not null check (subject_kind in ('permission', 'group')),
    source text collate "C" not null,
    subject text collate "C" not null,
    state smallint not null,
    sequence bigint,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    record_offset bigint not null,
    parent text collate "C",
    principal_set_id bigint,
    members text[],
    primary key (tenant_id, access_change_id)
);
create index access_change_subject on access_change (tenant_id, source, subject, changed_at);

------------------------------------------------------------------------------------------------------------------ renditions

-- What one generation made of one document: its clock over the versions it could read and the deletions.
-- state: 0 nothing readable yet, 1 present, 2 deleted. settled_token: the fact this generation has dealt with; while it lags behind
-- document.fact_token, both versions' containers must allow and the earlier expiry holds.
create table rendition (
    tenant_id int not null,
    generation_id int not null references generation,
    document_id bigint not null,
    state smallint not null default 0 check (state between 0 and 2),
    sequence bigint,
    highest_sequence bigint,
    digest bytea,
    incarnation_id int references topic_incarnation,
    partition int,
    record_offset bigint,
    record_time bigint,
    settled_token bigint not null default 0,
    container_id bigint,
    container_list_id bigint,
    expires_at timestamptz,
    chunks int not null default 0,
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, document_id) references document
);

-- Apart from the row above, which every search reads: this one is read for hits alone. Bytes, so that a span is a slice.
create table rendition_content (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    content_digest bytea not null, -- of everything the event said but container and expiry: equal means unchanged
    title text,
    uri text,
    media_type text not null,
    language text,
    modified_at timestamptz,
    metadata jsonb,
    body bytea not null,
    body_digest bytea not null,
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, generation_id, document_id) references rendition on delete cascade
);
alter table rendition_content alter column body set storage external;

create table chunk (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    ordinal int not null,
    span_start int not null,
    span_end int not null,
    headings text[] not null,
    page int,
    embedding_text_digest bytea not null,
    primary key (tenant_id, generation_id, document_id, ordinal),
    foreign key (tenant_id, generation_id, document_id) references rendition on delete cascade
);

-- Apart from chunk because its policy holds the query (see below).
create table chunk_terms (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    ordinal int not null,
    terms tsvector not null,
    primary key (tenant_id, generation_id, document_id, ordinal),
    foreign key (tenant_id, generation_id, document_id) references rendition on delete cascade
);
create index chunk_terms_gin on chunk_terms using gin (terms) with (fastupdate = off);

-- Ten vectors to a row: exact search over what an asker may see costs one index probe per ten chunks.
create table vector_pack (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    pack int not null,
    v0 halfvec, v1 halfvec, v2 halfvec, v3 halfvec, v4 halfvec, v5 halfvec, v6 halfvec, v7 halfvec, v8 halfvec, v9 halfvec,
    primary key (tenant_id, generation_id, document_id, pack),
    foreign key (tenant_id, generation_id, document_id) references rendition on delete cascade
);
do $$
begin
    for i in 0..9 loop
        execute format('alter table vector_pack alter column v%s set storage plain', i);
    end loop;
end $$;

-- Per tenant, since a shared hit would tell one tenant what another has.
create table embedding_cache (
    tenant_id int not null references tenant,
    embedding_space text collate "C" not null,
    text_digest bytea not null,
    embedding halfvec not null,
    made_at timestamptz not null default now(),
    primary key (tenant_id, embedding_space, text_digest)
);

------------------------------------------------------------------------------------------------------ positions and outcomes

-- Written in the transaction that writes the data; an assigned partition starts here. epoch: random, renewed by each assignment,
-- compared for equality by every write, so that a worker that lost the partition cannot write.
create table applied_position (
    consumer_group text collate "C" not null,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    next_offset bigint not null,
    epoch bigint not null,
    applied_at timestamptz not null default now(),
    primary key (consumer_group, incarnation_id, partition)
);

-- The outbox: written with the data, published before the offset is committed, unique by position.
create table outcome (
    consumer_group text collate "C" not null,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    record_offset bigint not null,
    tenant_id int not null references tenant,
    record_key bytea,
    correlation_id text,
    traceparent text,
    tracestate text,
    outcome text not null,
    code text,
    reason text,
    generation text,
    chunks int,
    embedded int,
    reused int,
    speaks boolean not null default true,
    recorded_at timestamptz not null default now(),
    published_at timestamptz,
    primary key (consumer_group, incarnation_id, partition, record_offset)
);
create index outcome_unpublished on outcome (consumer_group, incarnation_id, partition, record_offset) where published_at is null and speaks;

-- Hash-chained: hash covers the row and previous_hash, one chain per writer.
create table audit_log (
    chain text collate "C" not null,
    entry bigint not null,
    at timestamptz not null default now(),
    actor text not null,
    action text not null,
    tenant_id int references tenant,
    detail jsonb not null default '{}',
    previous_hash bytea not null,
    hash bytea not null,
    primary key (chain, entry)
);

---------------------------------------------------------------------------------------------------------- row-level security

do $$
declare name text;
begin
    foreach name in array array['tenant', 'topic_incarnation', 'generation', 'document', 'principal_set', 'access_entry', 'access_list',
        'permission', 'member_group', 'group_member', 'access_change', 'rendition', 'rendition_content', 'chunk', 'chunk_terms',
        'vector_pack', 'embedding_cache', 'applied_position', 'outcome', 'audit_log'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
    end loop;
    -- Ingestion writes for every tenant; what it may touch at all is said by the grants.
    foreach name in array array['tenant', 'topic_incarnation', 'generation', 'document', 'principal_set', 'access_entry', 'access_list',
        'permission', 'member_group', 'group_member', 'access_change', 'rendition', 'rendition_content', 'chunk', 'chunk_terms',
        'vector_pack', 'embedding_cache', 'applied_position', 'outcome'] loop
        execute format('create policy ingestion on %I for all to sluice_ingest using (true) with check (true)', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
    end loop;
end $$;
create policy administration on audit_log for all to sluice_admin using (true) with check (true);

grant select on tenant, generation to sluice_ingest;
grant select, insert on access_change to sluice_ingest;
grant select, insert, update on topic_incarnation, principal_set, document, access_list, permission, member_group, applied_position, outcome to sluice_ingest;
grant select, insert, delete on access_entry, group_member to sluice_ingest;
grant select, insert, update, delete on rendition, rendition_content, chunk, chunk_terms, vector_pack, embedding_cache to sluice_ingest;
grant usage on sequence fact_token to sluice_ingest;

grant select on all tables in schema sluice to sluice_admin;
grant insert, update on tenant, generation to sluice_admin;
grant insert on audit_log to sluice_admin;

-- The asker's claims are set for one transaction and read once per statement. Unset, spent or half set, they match nothing.
--   sluice.tenant_name, sluice.tenant, sluice.generation · sluice.allow, sluice.deny: text[] literals: what may allow, what may deny
--   sluice.terms: the tsquery, kept inside the policy because @@ is not leakproof: outside, the planner could not use its index
grant select on tenant, topic_incarnation, generation, document, access_entry, access_list, permission, member_group, group_member, rendition,
    rendition_content, chunk, chunk_terms, vector_pack to sluice_retrieval;

create policy asker on tenant for select to sluice_retrieval using (name = (select nullif(current_setting('sluice.tenant_name', true), '')));
create policy asker on generation for select to sluice_retrieval
    using ((select nullif(current_setting('sluice.tenant_name', true), '')) is not null);
-- A tenant's own topics tell its name.
create policy asker on topic_incarnation for select to sluice_retrieval
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and topic = any (array['sluice.documents', 'sluice.documents.' || (select nullif(current_setting('sluice.tenant_name', true), ''))]));
create policy asker on member_group for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int));
create policy asker on group_member for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int));
create policy asker on access_entry for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and ((not deny and principal = any ((select nullif(current_setting('sluice.allow', true), '')::text[])::text[]))
            or (deny and principal = any ((select nullif(current_setting('sluice.deny', true), '')::text[])::text[]))));
create policy asker on access_list for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and principal_set_id = any ((select array_agg(allowing.principal_set_id) from (
            select e.principal_set_id from access_entry e group by e.principal_set_id having not bool_or(e.deny)) allowing)::bigint[]));
create policy asker on document for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int) and fact = 1
        and access_list_id = any ((select array_agg(l.access_list_id) from access_list l)::bigint[]));
-- The version of a list, for receipts: only of names whose list the asker is let in by.
create policy asker on permission for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and principal_set_id = any ((select array_agg(l.principal_set_id) from access_list l)::bigint[]));
create policy asker on rendition for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and state = 1 and (expires_at is null or expires_at > now())
        and (select nullif(current_setting('sluice.allow', true), '')) is not null);

-- What the asker is shown: the policies of document and rendition; nothing that a registered deletion came after; and, while newer
-- facts are known than the rendition was made from, the older version's container and the newer one's expiry as well.
create view shown with (security_invoker = true, security_barrier = true) as
    select r.tenant_id, r.generation_id, r.document_id
    from document d join rendition r on r.tenant_id = d.tenant_id and r.document_id = d.document_id
    where (r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is not true
        and (r.sequence <= d.deletion_sequence) is not true
        and (r.settled_token = d.fact_token
            or ((d.expires_at is null or d.expires_at > now())
                and (d.has_own_list or r.container_list_id = any ((select array_agg(l.access_list_id) from access_list l)::bigint[]))));
grant select on shown to sluice_retrieval;

create policy asker on vector_pack for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any ((select array_agg(s.document_id) from shown s)::bigint[]));
create policy asker on chunk_terms for select to sluice_retrieval
    using (terms @@ (select nullif(current_setting('sluice.terms', true), '')::tsquery)
        and tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and exists (select from shown s where s.tenant_id = chunk_terms.tenant_id and s.generation_id = chunk_terms.generation_id
            and s.document_id = chunk_terms.document_id offset 0));
create policy asker on chunk for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and exists (select from shown s where s.tenant_id = chunk.tenant_id and s.generation_id = chunk.generation_id
            and s.document_id = chunk.document_id offset 0));
create policy asker on rendition_content for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and exists (select from shown s where s.tenant_id = rendition_content.tenant_id and s.generation_id = rendition_content.generation_id
            and s.document_id = rendition_content.document_id offset 0));

reset role;
