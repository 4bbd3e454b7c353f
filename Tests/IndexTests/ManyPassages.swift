/// A tenant of 180 documents with one to 23 chunks, every third of which bob alone may see; the first, which alice may see, has 2,000 chunks, and they are
/// what `query` is nearest to and best for `words`. Vectors repeat, so that there are ties.
enum ManyPassages {
    static let query: [Float] = [1, 0, 0, 0]
    static let words = "common rare"
    static let visibleDocuments = 120

    static let script = """
        insert into principal_set (tenant_id, digest) values (1, 'alice'), (1, 'bob');
        insert into access_entry (tenant_id, principal, principal_set_id, deny) values (1, 'user:alice', 1, false), (1, 'user:bob', 2, false);
        insert into access_list (tenant_id, principal_set_id) values (1, 1), (1, 2);
        insert into document (tenant_id, source, subject, fact, access_list_id, has_own_list)
            select 1, 'wiki', 'd' || i, 1, case when i % 3 = 0 then 2 else 1 end, true from generate_series(1, 180) i;
        insert into rendition (tenant_id, generation_id, document_id, state, incarnation_id, partition, record_offset, chunks)
            select 1, 1, document_id, 1, 1, 0, document_id, case when document_id = 1 then 2000 else 1 + document_id % 23 end from document;
        select setseed(0.5);
        create temp table passage as
            select r.document_id, o, case when r.document_id = 1 then array[1, o % 7 * 0.01, 0, 0]
                else array[round(random()::numeric, 1), round(random()::numeric, 1), 0.5, 0] end::real[]::halfvec(4) as vector
            from rendition r cross join lateral generate_series(0, r.chunks - 1) o;
        insert into chunk_terms (tenant_id, generation_id, document_id, ordinal, terms)
            select 1, 1, document_id, o, to_tsvector('english', case when document_id = 1 then 'rare common' when o % 5 = 4 then 'else' else 'common' || repeat(' filler', o) end)
            from passage;
        insert into vector_pack (tenant_id, generation_id, document_id, pack, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9)
            select 1, 1, document_id, o / 10, a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]
            from (select document_id, o / 10 * 10 as o, array_agg(vector order by o) as a from passage group by 1, 2) p
        """

    /// What alice should be shown, as its owner sees it and without any of the tricks of the search: (document, ordinal), best first.
    static func oracle(byVector: Bool, depth: Int, perDocument: Int?) -> String {
        let score = byVector ? "vector <#> '[1,0,0,0]'::halfvec" : "-ts_rank_cd(t.terms, 'common | rare'::tsquery, 1)"
        return """
            select document_id || '/' || o from (
                select p.document_id, p.o, \(score) as score, row_number() over (partition by p.document_id order by \(score), p.o) as place
                from passage p join chunk_terms t on t.document_id = p.document_id and t.ordinal = p.o
                where p.document_id % 3 <> 0 and (\(byVector) or t.terms @@ 'common | rare'::tsquery)) ranked
            where place <= \(perDocument ?? .max) order by score, document_id, o limit \(depth)
            """
    }
}
