-- Reindexing from the texts that a generation has stored, in slices that any number of processes take up; and generations of one tenant's documents alone.
--
-- Only adds: a binary of the schema before works on. It knows neither slices nor the one tenant: use it beside neither.

set local role sluice_owner;
set local search_path = sluice, public;

-- Its documents alone are made; null: everybody's. Not called tenant_id, since the row is not the tenant's.
alter table generation
    add column only_tenant int references tenant,
    add column begins_late boolean not null default false, -- what was published before is missing
    add column expected_until timestamptz; -- until then it is said to go live soon: who answers questions reads its mirror

alter table reindex
    add column source_generation int references generation, -- whose texts are divided and embedded anew; null: from the topics alone
    add column only_tenant int references tenant,
    add column begins text; -- where in the topics, as it was asked for; null: where they do

-- Whether a rendition is of an older version than another of the document is. The same version again, at another place, is not older.
create function is_older(one rendition, other rendition) returns boolean language sql immutable parallel safe as $$ -- inlined
    select one.digest <> other.digest and case
        when one.sequence is not null and other.sequence is not null then one.sequence < other.sequence
        when (one.incarnation_id, one.partition) = (other.incarnation_id, other.partition) then one.record_offset < other.record_offset
        else one.record_time < other.record_time end
$$;

-- Some hundred documents of a tenant, in the order of their numbers. lease: as in deferred.
create table reindex_slice (
    reindex_id int not null references reindex on delete cascade,
    slice int not null,
    tenant_id int not null references tenant,
    first_document bigint not null,
    last_document bigint not null,
    documents int not null,
    refused int not null default 0, -- the model takes not all of their texts
    leased_until timestamptz,
    lease bigint,
    finished_at timestamptz,
    primary key (reindex_id, slice)
);
create index reindex_slice_open on reindex_slice (reindex_id, slice) where finished_at is null;

alter table reindex_slice enable row level security;
alter table reindex_slice force row level security;
create policy administration on reindex_slice for all to sluice_admin using (true) with check (true);
create policy ingestion on reindex_slice for all to sluice_ingest using (true) with check (true);
create policy ingestion on reindex for select to sluice_ingest using (true);
grant select, insert, update, delete on reindex_slice to sluice_admin;
grant select, update (refused, leased_until, lease, finished_at) on reindex_slice to sluice_ingest;
grant select on reindex to sluice_ingest;
create policy ingestion on reindex_watermark for select to sluice_ingest using (true);
grant select on reindex_watermark to sluice_ingest;

-- What waits in the generation whose texts are taken waits in the new one as well, and is told of as it is there.
grant insert on deferred, outcome to sluice_admin;

reset role;
