-- The life of a tenant: suspended, its sources paused, held to quotas, removed.
--
-- Adds columns, tables and triggers, and narrows policies: a binary of the schema before answers no suspended tenant and keeps the counts as well. It knows
-- nothing of paused sources and quotas, and goes on writing for a tenant that it has known before: delete none while it runs.

set local role sluice_owner;
set local search_path = sluice, public;

------------------------------------------------------------------------------------------------------------------ tenants

alter table tenant
    add column suspended_at timestamptz,
    add column deleted_at timestamptz,            -- from then on it is answered nothing, and its events are of no tenant
    add column removed_at timestamptz,            -- its rows and topics are gone; the row stays, since the audit log names it
    add column former_name text collate "C";      -- once it is removed: its name is free again

-- Whom nobody is answered for cannot be claimed: all other policies hang on the number that is read here.
alter policy asker on tenant
    using (suspended_at is null and deleted_at is null and name = (select nullif(current_setting('sluice.tenant_name', true), '')));
-- That it is registered all the same, by a claim that nothing else follows from.
create policy registered on tenant for select to sluice_retrieval
    using (deleted_at is null and name = (select nullif(current_setting('sluice.registered_name', true), '')));
alter policy ingestion on tenant using (deleted_at is null);

------------------------------------------------------------------------------------------------------------------ sources

-- Sources whose documents wait. Their deletions, permissions and memberships do not.
create table paused_source (
    tenant_id int not null references tenant,
    source text collate "C" not null,
    paused_at timestamptz not null default now(),
    primary key (tenant_id, source)
);

-- What a document waits for: its content, its source, or its tenant's next day.
alter table deferred add column cause text not null default 'reference' check (cause in ('reference', 'source', 'budget'));

------------------------------------------------------------------------------------------------------------------- quotas

-- Null: no limit. bytes: of extracted text; tokens: embedded on one day, in UTC.
create table tenant_quota (
    tenant_id int primary key references tenant,
    documents bigint check (documents >= 0),
    bytes bigint check (bytes >= 0),
    tokens bigint check (tokens >= 0)
);

-- What a tenant with a quota has in a generation. counted: what was there before the quota is in it.
create table tenant_usage (
    tenant_id int not null references tenant,
    generation_id int not null references generation on delete cascade,
    documents bigint not null default 0,
    bytes bigint not null default 0,
    counted boolean not null default true,
    primary key (tenant_id, generation_id)
);

create table tenant_spending (
    tenant_id int primary key references tenant,
    day date not null,
    tokens bigint not null
);

-- Kept by triggers, so that no writer can forget it, with the rights of whoever writes; of tenants with a quota alone.
create function count_usage() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into tenant_usage as u (tenant_id, generation_id, documents, bytes)
        select n.tenant_id, n.generation_id, count(*), sum(octet_length(n.body)) from newly n
        where exists (select from tenant_quota q where q.tenant_id = n.tenant_id)
        group by n.tenant_id, n.generation_id order by n.tenant_id, n.generation_id
        on conflict (tenant_id, generation_id) do update set documents = u.documents + excluded.documents, bytes = u.bytes + excluded.bytes;
    elsif tg_op = 'DELETE' then
        update tenant_usage u set documents = u.documents - f.documents, bytes = u.bytes - f.bytes
        from (select tenant_id, generation_id, count(*) as documents, sum(octet_length(body)) as bytes from formerly
            group by tenant_id, generation_id) f
        where u.tenant_id = f.tenant_id and u.generation_id = f.generation_id;
    else
        update tenant_usage u set bytes = u.bytes + c.bytes
        from (select tenant_id, generation_id, sum(bytes) as bytes from (
                select tenant_id, generation_id, octet_length(body) as bytes from newly
                union all select tenant_id, generation_id, -octet_length(body) from formerly) d
            group by tenant_id, generation_id) c
        where c.bytes <> 0 and u.tenant_id = c.tenant_id and u.generation_id = c.generation_id;
    end if;
    return null;
end $$;
create trigger count_inserted after insert on rendition_content referencing new table as newly for each statement execute function count_usage();
create trigger count_updated after update on rendition_content referencing old table as formerly new table as newly
    for each statement execute function count_usage();
create trigger count_deleted after delete on rendition_content referencing old table as formerly for each statement execute function count_usage();

------------------------------------------------------------------------------------------------------------------ removal

-- Removes rows of one tenant from one table: all, or at most so many, or those of a range of pages, where no index leads to them.
create function remove_tenant_rows(relation name, tenant int, row_limit bigint, first_page bigint, pages bigint) returns bigint
language plpgsql set search_path = sluice, pg_temp as $$
declare removed bigint;
begin
    if tenant <= 0 or relation in ('tenant', 'audit_log') then raise exception 'these rows are not removed'; end if;
    if first_page is null then
        execute format('delete from %1$I where ctid = any (array(select ctid from %1$I where tenant_id = $1 limit $2))', relation) using tenant, row_limit;
    else
        execute format('delete from %1$I where tenant_id = $1 and ctid >= $2 and ctid < $3', relation)
            using tenant, format('(%s,0)', first_page)::tid, format('(%s,0)', first_page + pages)::tid;
    end if;
    get diagnostics removed = row_count;
    return removed;
end $$;

do $$
declare name text;
begin
    foreach name in array array['paused_source', 'tenant_quota', 'tenant_usage', 'tenant_spending'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy ingestion on %I for all to sluice_ingest using (true) with check (true)', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
        execute format('grant select, insert, update, delete on %I to sluice_admin', name);
        execute format('grant select on %I to sluice_ingest', name);
    end loop;
    -- Every table of tenants' rows but the registry and the audit.
    for name in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relnamespace = 'sluice'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('tenant', 'audit_log')
    loop
        execute format('grant delete on %I to sluice_admin', name);
    end loop;
end $$;
grant insert, update on tenant_usage, tenant_spending to sluice_ingest;
-- What goes after a rendition by reference goes as the tables' owner (from PostgreSQL 18 on its triggers, too).
create policy counting on tenant_usage for all to sluice_owner using (true) with check (true);

reset role;
