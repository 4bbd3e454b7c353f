-- Erasure: what is left of a name or a person is a keyed hash, and what is left of a line of the audit its place in the chain (docs/erasure.md).
--
-- Only adds: a binary of the schema before works on. It does not know erased names, so nothing is erased before every worker is of this one.

set local role sluice_owner;
set local search_path = sluice, public;

-- Whether the name was erased once. What came before its newest deletion is then not even kept, by any generation, also when the name is in use again.
-- While nothing newer has come, source and subject are '$erased' and the name's keyed hash.
alter table document add column erased boolean not null default false;

-- An outcome of a name that was erased keeps its key until it is told, and no longer.
alter table outcome add column forget boolean not null default false;

-- What names are hashed with, apart from the hashes; made by the tenant's first erasure. renames counts names that became hashes: a transaction that
-- looked a name up can tell whether that still holds.
create table erasure_key (
    tenant_id int not null references tenant,
    key bytea not null check (length(key) = 32),
    renames bigint not null default 0,
    made_at timestamptz not null default now(),
    primary key (tenant_id)
);

-- One row each, and its receipt: what was looked at, and what became of it. target: the keyed hash of what was erased. The tenant by name, since this
-- outlives it.
create table erasure (
    erasure_id int generated always as identity primary key,
    tenant text collate "C" not null,
    kind text not null check (kind in ('document', 'user', 'tenant')),
    target text collate "C" not null,
    actor text not null,
    reason text not null,
    begun_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    receipt jsonb not null default '{}'
);
create unique index erasure_open on erasure (tenant, kind, target) where finished_at is null;

-- Lines of the audit that lost what they said. digest: of what the line says since, and of its hash, which stays, as the lines after it are bound to it. The
-- lines of a batch are vouched for by a line of the admins' chain, so that no line can lose anything unnoticed.
create table erased_line (
    chain text collate "C" not null,
    entry bigint not null,
    erasure_id int not null references erasure,
    batch int not null,
    digest bytea not null,
    primary key (chain, entry, erasure_id)
);
create index erased_line_batch on erased_line (erasure_id, batch);

-- No line is altered without leaving its trace.
create function keep_erased_line() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    if not exists (select from erased_line e where e.chain = new.chain and e.entry = new.entry) then
        raise exception 'a line of the audit is altered without an erasure' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger keep_erased_line before update on answer_log for each row when (current_user = 'sluice_admin') execute function keep_erased_line();
create trigger keep_erased_line before update on audit_log for each row when (current_user = 'sluice_admin') execute function keep_erased_line();

do $$
declare name text;
begin
    foreach name in array array['erasure_key', 'erasure', 'erased_line'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
    end loop;
end $$;
create policy ingestion on erasure_key for all to sluice_ingest using (true) with check (true);
grant select on erasure_key to sluice_ingest;
grant select, insert on erasure_key, erasure, erased_line to sluice_admin;
grant delete on erasure_key to sluice_admin; -- with its tenant
grant update (renames) on erasure_key to sluice_admin;
grant update (finished_at, receipt) on erasure to sluice_admin;
grant update (asker, documents, detail) on answer_log to sluice_admin;
grant update (detail) on audit_log to sluice_admin;

-- What an erasure takes away and renames.
grant update (source, subject, erased) on document to sluice_admin;
grant update (state, sequence, digest, incarnation_id, partition, record_offset, record_time, settled_token, container_id, container_list_id, expires_at,
    chunks) on rendition to sluice_admin;
grant delete on rendition_content, rendition_facets, chunk, chunk_terms, passage_terms, vector_pack, embedding_cache, deferred, document_change, outcome
    to sluice_admin;
-- A trigger writes them for whoever changes a rendition.
grant insert, update on rendition_facets to sluice_admin;
grant update (source, subject, parent, members) on access_change to sluice_admin;
grant update (principal) on access_entry to sluice_admin;
-- The whole table, since it is locked against writers for a moment.
grant update on principal_set to sluice_admin;

-- As a function, since a lock is nothing that can be prepared.
create function lock_principal_sets() returns void language plpgsql set search_path = sluice, pg_temp as $$
begin
    lock table principal_set in share row exclusive mode;
end $$;

reset role;
