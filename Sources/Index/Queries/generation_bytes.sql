-- role: sluice_admin · locks: none · plan: a count of rendition_content's primary key
-- How large all generations' documents are together in the database, how many there are, and how large the database is.
select (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c
        where c.relnamespace = 'sluice'::regnamespace
            and c.relname in ('rendition', 'rendition_content', 'rendition_facets', 'chunk', 'chunk_terms', 'passage_terms', 'vector_pack')),
    (select count(*) from rendition_content), pg_database_size(current_database())
