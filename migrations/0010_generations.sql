-- Generations that are built beside the live one, promoted, kept and dropped; and a log of changes that a generation in the making does not fill.
-- Only adds: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

-- Live, or kept to go back to, or in the making, or dropped: then its rows go in bounded steps, and its name is free.
alter table generation
    add promoted_at timestamptz, -- when it last became the live one
    add retired_at timestamptz,  -- when another last took its place
    add dropped_at timestamptz;
update generation set promoted_at = created_at where is_live;

-- Positions move together with what is live; of a dropped generation everything goes.
grant update (next_offset, epoch), delete on applied_position to sluice_admin;
grant update (speaks), delete on outcome to sluice_admin;
grant delete on rendition, embedding_cache to sluice_admin;
grant delete on deferred to sluice_admin;
grant insert on applied_position to sluice_admin;

-- Mirrors are of one generation: what another comes to write does not concern them. 0: of every generation.
alter table index_change add generation_id int not null default 0;
create index index_change_generation on index_change (tenant_id, generation_id, transaction) include (document_id);
drop index index_change_transaction;

create or replace function note_rendition_change() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        insert into index_change (tenant_id, document_id, generation_id)
        select f.tenant_id, f.document_id, f.generation_id from formerly f where f.state <> 0;
    else
        insert into index_change (tenant_id, document_id, generation_id)
        select n.tenant_id, n.document_id, n.generation_id from newly n where n.state <> 0;
    end if;
    return null;
end $$;

-- A reindex: a generation is filled from the topics, up to where they ended when it began. One at a time for each generation.
create table reindex (
    reindex_id int generated always as identity primary key,
    generation_id int not null references generation,
    rate int, -- documents a second, of each process; null: as fast as it goes
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    documents bigint not null default 0, -- that there were when it began
    actor text not null
);
create unique index reindex_running on reindex (generation_id) where finished_at is null;

-- Where each partition ended when it began: passed, the generation is filled.
create table reindex_watermark (
    reindex_id int not null references reindex on delete cascade,
    incarnation_id int not null references topic_incarnation,
    partition int not null,
    start_offset bigint not null,
    end_offset bigint not null,
    primary key (reindex_id, incarnation_id, partition)
);

do $$
declare name text;
begin
    foreach name in array array['reindex', 'reindex_watermark'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
        execute format('grant select, insert, update, delete on %I to sluice_admin', name);
    end loop;
end $$;

reset role;
