-- What auditors ask: who could see a document at some moment, and who was shown it.
--
--   * document_change: where a document stood before its facts changed. Permissions and memberships have their history in access_change already.
--   * answer_log: what every retrieval worker showed to whom, one hash chain a process; the worker can only add to it.
--   * answer_text: what was asked, kept apart and for a time, where the operator wants it kept at all.
--
-- Only adds: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

---------------------------------------------------------------------------------------------------- the history of facts

-- Since when what this row says of existence, container and expiry has held. Nothing: since before there was this history.
alter table document add column facts_since timestamptz;

-- One row for each state of a document that has ended: a first upsert and an edit in place write none.
create table document_change (
    tenant_id int not null,
    document_change_id bigint generated always as identity,
    document_id bigint not null,
    since timestamptz,
    until timestamptz not null,
    fact smallint not null,
    container_id bigint,
    expires_at timestamptz,
    -- The last event that stated it.
    sequence bigint,
    incarnation_id int,
    partition int,
    record_offset bigint,
    primary key (tenant_id, document_change_id),
    foreign key (tenant_id, document_id) references document on delete cascade
);
create index document_change_document on document_change (tenant_id, document_id, document_change_id);

-- As whoever writes the fact: every writer, also one that does not know of this history, leaves it.
create function keep_document_change() returns trigger language plpgsql set search_path = sluice, pg_temp as $$
begin
    new.facts_since := clock_timestamp();
    if old.fact <> 0 then
        insert into document_change (tenant_id, document_id, since, until, fact, container_id, expires_at, sequence, incarnation_id, partition, record_offset)
        values (old.tenant_id, old.document_id, old.facts_since, new.facts_since, old.fact, old.container_id, old.expires_at, old.sequence,
            old.incarnation_id, old.partition, old.record_offset);
    end if;
    return new;
end $$;
create trigger keep_document_change before update on document for each row
    when ((old.fact, old.container_id, old.expires_at) is distinct from (new.fact, new.container_id, new.expires_at))
    execute function keep_document_change();

-- Records that did not take effect, by their key: for `sluice trace`. Of all others the position is known from what they left.
create index outcome_unapplied on outcome using hash (record_key) where outcome in ('rejected', 'superseded', 'deferred');

------------------------------------------------------------------------------------------------------ what was shown

-- A line for each answer, and for a worker's beginning and end (tenant null). hash covers the line and previous_hash; a chain has one writer, which keeps
-- the last hash itself, so that nobody waits for anybody. documents: of each that was shown, the first eight bytes of the SHA-256 of source/subject.
create table answer_log (
    chain text collate "C" not null,
    entry bigint not null,
    at timestamptz not null,
    tenant text collate "C",
    asker text collate "C",
    documents bigint[] not null,
    detail text not null, -- JSON, byte for byte as it was hashed
    previous_hash bytea not null,
    hash bytea not null,
    primary key (chain, entry)
);
create index answer_log_asker on answer_log (tenant, asker, at);
create index answer_log_documents on answer_log using gin (documents);
-- The time of a line grows with its place: a few pages tell what is worth reading.
create index answer_log_at on answer_log using brin (at);

-- The line's detail holds the SHA-256 of salt and text: the text can be erased and the chain stays whole; without the salt nobody can guess it.
create table answer_text (
    chain text collate "C" not null,
    entry bigint not null,
    salt bytea not null,
    query_text text not null,
    erase_after timestamptz not null,
    primary key (chain, entry)
);
create index answer_text_erase_after on answer_text (erase_after);

do $$
declare name text;
begin
    foreach name in array array['document_change', 'answer_log', 'answer_text'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy administration on %I for all to sluice_admin using (true) with check (true)', name);
        execute format('grant select on %I to sluice_admin', name);
    end loop;
end $$;
create policy ingestion on document_change for all to sluice_ingest using (true) with check (true);
grant insert on document_change to sluice_ingest;
create policy answers on answer_log for insert to sluice_retrieval with check (true);
create policy answers on answer_text for insert to sluice_retrieval with check (true);
grant insert on answer_log, answer_text to sluice_retrieval;
grant delete on answer_text to sluice_admin;

reset role;
