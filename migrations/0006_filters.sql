-- What queries filter by, apart from texts and vectors: one narrow row per rendition, and an index that answers a conjunction of "one of" whole.
--
-- Adds a table, kept by triggers: a binary of the schema before works on and keeps it too.

set local role sluice_owner;
set local search_path = sluice, public;

-- One thing that is true of a document, as a lexeme: a digest, so that a value of any length takes the same room. The tenant and the generation are in it,
-- so that the index reads nothing of another's. Numbers are equal where their values are; media types and languages do not tell case apart.
create function facet (tenant_id int, generation_id int, kind text, value jsonb) returns text
    language sql immutable parallel safe
    return encode(substr(sha256(convert_to(jsonb_build_array(tenant_id, generation_id, kind, case
        when jsonb_typeof(value) = 'number' then to_jsonb(trim_scale((value #>> '{}')::numeric))
        when kind in ('mediaType', 'language') then to_jsonb(lower((value #>> '{}') collate "C"))
        else value end)::text, 'UTF8')), 1, 16), 'hex');

-- All of them. A member of the metadata is its value, or any element of it. The first ten thousand are kept: a tsvector ends at a mebibyte, and a document
-- with more must not fail.
create function facets (tenant_id int, generation_id int, source text, container text, media_type text, language text, metadata jsonb) returns tsvector
    language sql immutable parallel safe
    return array_to_tsvector(array(
        select facet(tenant_id, generation_id, stated.kind, stated.value)
        from (
            select 0, 'any', 'null'::jsonb
            union all select 1, 'source', to_jsonb(source)
            union all select 2, 'container', to_jsonb(container)
            union all select 3, 'mediaType', to_jsonb(media_type)
            union all select 4, 'language', to_jsonb(language)
            union all select 5, 'metadata.' || m.key, e.value
            from jsonb_each(case jsonb_typeof(metadata) when 'object' then metadata else '{}' end) m
            cross join lateral jsonb_array_elements(case jsonb_typeof(m.value) when 'array' then m.value else jsonb_build_array(m.value) end) e (value)
            where jsonb_typeof(e.value) in ('string', 'number', 'boolean')
            limit 10000) stated (place, kind, value)
        where stated.value is not null));

create table rendition_facets (
    tenant_id int not null,
    generation_id int not null,
    document_id bigint not null,
    facets tsvector not null,
    modified_at timestamptz,
    primary key (tenant_id, generation_id, document_id),
    foreign key (tenant_id, generation_id, document_id) references rendition_content on delete cascade
);
-- New rows wait in a short list and enter together, as words do (0003).
create index rendition_facets_gin on rendition_facets using gin (facets) with (fastupdate = on, gin_pending_list_limit = 1024);

-- After content was written, and after a document moved to another container without a change of it.
create function keep_facets () returns trigger language plpgsql set search_path = sluice, public as $$
begin
    insert into rendition_facets as known (tenant_id, generation_id, document_id, facets, modified_at)
    select c.tenant_id, c.generation_id, c.document_id,
        facets(c.tenant_id, c.generation_id, d.source, b.subject, c.media_type, c.language, c.metadata), c.modified_at
    from changed n
    cross join lateral (select * from rendition_content where tenant_id = n.tenant_id and generation_id = n.generation_id
        and document_id = n.document_id offset 0) c
    cross join lateral (select * from rendition where tenant_id = n.tenant_id and generation_id = n.generation_id
        and document_id = n.document_id offset 0) r
    cross join lateral (select * from document where tenant_id = n.tenant_id and document_id = n.document_id offset 0) d
    left join lateral (select * from document where tenant_id = n.tenant_id and document_id = r.container_id offset 0) b on true
    order by 1, 2, 3
    on conflict (tenant_id, generation_id, document_id) do update
    set facets = excluded.facets, modified_at = excluded.modified_at
    where (known.facets, known.modified_at) is distinct from (excluded.facets, excluded.modified_at);
    return null;
end $$;
create trigger keep_facets_inserted after insert on rendition_content referencing new table as changed for each statement execute function keep_facets();
create trigger keep_facets_updated after update on rendition_content referencing new table as changed for each statement execute function keep_facets();
create trigger keep_facets_moved after update on rendition referencing new table as changed for each statement execute function keep_facets();

-- What is there already. Its owner, too, stands under its policies, and none is for it.
alter table rendition_content no force row level security;
alter table rendition no force row level security;
alter table document no force row level security;
insert into rendition_facets (tenant_id, generation_id, document_id, facets, modified_at)
select c.tenant_id, c.generation_id, c.document_id,
    facets(c.tenant_id, c.generation_id, d.source, b.subject, c.media_type, c.language, c.metadata), c.modified_at
from rendition_content c
join rendition r using (tenant_id, generation_id, document_id)
join document d using (tenant_id, document_id)
left join document b on b.tenant_id = r.tenant_id and b.document_id = r.container_id;
alter table rendition_content force row level security;
alter table rendition force row level security;
alter table document force row level security;

alter table rendition_facets enable row level security, force row level security;
create policy ingestion on rendition_facets for all to sluice_ingest using (true) with check (true);
create policy administration on rendition_facets for all to sluice_admin using (true) with check (true);
-- As rendition: whether a document is shown is asked beside it. sluice.filter is the tsquery, inside the policy because @@ is not leakproof.
create policy asker on rendition_facets for select to sluice_retrieval
    using ((select nullif(current_setting('sluice.allow', true), '')) is not null
        and facets @@ (select nullif(current_setting('sluice.filter', true), '')::tsquery)
        and (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int)) is true
        and (generation_id = (select nullif(current_setting('sluice.generation', true), '')::int)) is true);
grant select, insert, update, delete on rendition_facets to sluice_ingest;
grant select on rendition_facets to sluice_admin, sluice_retrieval;

reset role;
