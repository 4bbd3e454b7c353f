-- What a fleet needs to lose nothing: documents that wait for what they refer to, and dead letters that somebody has dealt with.
-- Only adds: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

-- One row per document and generation: its newest version whose content could not be fetched yet, as the record came, and when to try again.
-- A newer event of the document replaces it. The record's position and sequence are the version's: the retry is judged by them.
create table deferred (
    tenant_id int not null references tenant,
    generation_id int not null references generation,
    document_id bigint not null,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    record_offset bigint not null,
    record_time bigint not null,
    record_key bytea,
    record_value bytea,
    header_names bytea[] not null,
    header_values bytea[] not null,              -- an element is null where the header has no value
    host text collate "C",                       -- what it waits for
    reason text not null,
    deferred_at timestamptz not null default now(),
    attempts int not null default 1,
    due_at timestamptz not null,
    leased_until timestamptz,                    -- a worker is at it
    lease bigint,                                -- compared for equality by the write that ends it
    abandoned boolean not null default false,    -- an admin gave it up: the next worker rejects it
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, document_id) references document
);
create index deferred_due on deferred (generation_id, due_at);

-- Records of the dead-letter topic that an admin redrove or purged: listings leave them out.
create table dead_letter_mark (
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    record_offset bigint not null,
    state text not null check (state in ('redriven', 'purged')),
    marked_at timestamptz not null default now(),
    actor text not null,
    primary key (incarnation_id, partition, record_offset)
);

do $$
declare name text;
begin
    foreach name in array array['deferred', 'dead_letter_mark'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
    end loop;
end $$;
create policy ingestion on deferred for all to sluice_ingest using (true) with check (true);
grant select, insert, update, delete on deferred to sluice_ingest;
grant select on deferred, dead_letter_mark to sluice_admin;
grant update (due_at, abandoned, leased_until, lease) on deferred to sluice_admin;
grant insert, update on dead_letter_mark to sluice_admin;
-- The dead-letter topic is numbered by who marks its records.
grant insert on topic_incarnation to sluice_admin;
