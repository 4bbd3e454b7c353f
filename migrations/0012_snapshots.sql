-- Full snapshots of a source: what they name, how far they have been read, and what was deleted because a whole one did not name it
-- (docs/adr/0007-snapshots.md). Only adds: a binary of the schema before works on, and reads closing events as records out of form.

set local role sluice_owner;
set local search_path = sluice, public;

-- state: Contract's SnapshotProgress.State: 1 open, 2 waiting for an admin, 3 applying, 4 applied, 5 superseded, 6 refused, 7 cancelled.
create table source_snapshot (
    tenant_id int not null references tenant,
    snapshot_id bigint generated always as identity,
    source text collate "C" not null,
    name text collate "C" not null,
    state smallint not null default 1 check (state between 1 and 7),
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    named int not null default 0,
    begun_at bigint not null, -- milliseconds since 1970, as record_time
    -- The closing event in force.
    stated_count int,
    incarnation_id int references topic_incarnation,
    partition int,
    record_offset bigint,
    record_time bigint,
    -- The ends of the source's partitions once all it names had been seen: it is decided when the registrar has come so far.
    barrier_incarnations int[],
    barrier_partitions int[],
    barrier_offsets bigint[],
    -- As it was decided: the source's documents, those to be deleted, and those not in it that may be newer.
    existing int,
    absent int,
    newer int,
    deleted int not null default 0,
    decided_at timestamptz,
    decided_by text, -- of an admin
    reason text,
    settled_at timestamptz, -- told, and what it named is forgotten
    primary key (tenant_id, snapshot_id),
    unique (tenant_id, source, name)
);
create index source_snapshot_unsettled on source_snapshot (tenant_id, snapshot_id) where settled_at is null;

create table source_snapshot_member (
    tenant_id int not null,
    snapshot_id bigint not null,
    document_id bigint not null,
    primary key (tenant_id, snapshot_id, document_id),
    foreign key (tenant_id, snapshot_id) references source_snapshot on delete cascade
);

-- Its first event in each partition that has one.
create table source_snapshot_start (
    tenant_id int not null,
    snapshot_id bigint not null,
    incarnation_id int not null,
    partition int not null,
    first_offset bigint not null,
    primary key (tenant_id, snapshot_id, incarnation_id, partition),
    foreign key (tenant_id, snapshot_id) references source_snapshot on delete cascade
);

-- The fact_token that a snapshot's deletion gave: while it is the document's, that deletion is in force and no event of the source has followed.
alter table document add column absent_token bigint, add column absent_snapshot_id bigint;

-- Of a closing event: Contract's SnapshotTally, as it is told.
alter table outcome add column snapshot jsonb;

do $$
declare name text;
begin
    foreach name in array array['source_snapshot', 'source_snapshot_member', 'source_snapshot_start'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy ingestion on %I for all to sluice_ingest using (true) with check (true)', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
        execute format('grant select, delete on %I to sluice_admin', name); -- deleted with their tenant
    end loop;
end $$;
grant select, insert, update on source_snapshot to sluice_ingest;
grant select, insert, delete on source_snapshot_member to sluice_ingest;
grant select, insert, update, delete on source_snapshot_start to sluice_ingest;
grant update (state, decided_at, decided_by, reason) on source_snapshot to sluice_admin;

reset role;
