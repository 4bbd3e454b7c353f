-- How long documents are kept, and what upkeep has to remember (docs/maintenance.md).
--
-- Only adds: a binary of the schema before works on. It deletes nothing by these rules, which only `sluice maintain` reads.

set local role sluice_owner;
set local search_path = sluice, public;

-- Of a tenant, and of a source of it (empty: of every source that has no limit of its own). What is past a limit is deleted as by its source.
create table retention_rule (
    tenant_id int not null references tenant,
    source text collate "C" not null default '',
    age_days int check (age_days > 0),       -- since it was modified, or else published
    unseen_days int check (unseen_days > 0), -- since the newest event of it
    actor text not null,
    reason text not null,
    set_at timestamptz not null default now(),
    primary key (tenant_id, source),
    check (age_days is not null or unseen_days is not null)
);

-- The newest record that repeated what is in force, under the same sequence: no other version, and yet the source has it still. In ms, as record_time.
alter table document add column repeated_time bigint;

-- Documents whose deletion is being published: what their partition has from from_offset on may be newer, and is published once more behind it.
create table retention_deletion (
    tenant_id int not null,
    document_id bigint not null,
    incarnation_id int not null references topic_incarnation, -- of the topic it is written to
    partition int not null,
    from_offset bigint not null,
    judged_incarnation_id int not null references topic_incarnation, -- where the version that is deleted stands, in the same partition,
    judged_offset bigint not null,
    judged_sequence bigint,                                          -- and its sequence
    noted_at timestamptz not null default now(),
    primary key (tenant_id, document_id),
    foreign key (tenant_id, document_id) references document on delete cascade
);

-- How large indexes were when they were last known to be fresh: what larger means is judged by it.
create table index_size (
    index_name text collate "C" primary key,
    pages bigint not null,
    entries bigint not null,
    measured_at timestamptz not null default now()
);

-- Documents whose content came by reference, as their records came: when to ask for it again, and what the host called it. Goes with the content it is about.
create table reference_refresh (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    record_offset bigint not null,
    record_time bigint not null,
    record_key bytea,
    record_value bytea,
    header_names bytea[] not null,
    header_values bytea[] not null,  -- an element is null where the header has no value
    etag text,
    asked_at timestamptz not null default now(),
    due_at timestamptz not null,
    leased_until timestamptz,        -- a worker is at it
    lease bigint,                    -- compared for equality by the write that ends it
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, generation_id, document_id) references rendition_content on delete cascade
);
create index reference_refresh_due on reference_refresh (generation_id, due_at);
alter table reference_refresh enable row level security, force row level security;
create policy ingestion on reference_refresh for all to sluice_ingest using (true) with check (true);
create policy administration on reference_refresh for all to sluice_admin using (true) with check (true);
grant select, insert, update, delete on reference_refresh to sluice_ingest;
grant select, delete on reference_refresh to sluice_admin;

do $$
declare name text;
begin
    foreach name in array array['retention_rule', 'retention_deletion', 'index_size'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
        execute format('grant select, insert, update, delete on %I to sluice_admin', name);
    end loop;
end $$;

reset role;
