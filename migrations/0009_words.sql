-- The words of documents: one row each, analysed by ingestion (Sources/Words), scored in the worker. chunk_terms stays for a binary of the schema before,
-- and is neither written nor read any more; what was indexed before this migration is found by its words once it is indexed again.

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

-- The same condition as of vectors: what is shown, or of the candidates what is.
create policy asker on passage_terms for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)
        and document_id = any ((select searched_documents())::bigint[]));
-- The mirror holds a tenant's words whoever asks; what of them is shown is decided above.
create policy mirror on passage_terms for select to sluice_mirror
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)
        and generation_id = (select nullif(current_setting('sluice.generation', true), '')::int));

reset role;
