import Contract
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct RowSecurityTests {
    @Test func `every table forces its policies, and retrieval stands under all of them`() async throws {
        try await TestDatabase.with { database async throws in
            try await database.withSession { session throws in
                let unprotected = try session.strings(
                    """
                    select c.relname from pg_class c where c.relnamespace = 'sluice'::regnamespace and c.relkind in ('r', 'p')
                        and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))
                    """)
                // Holds no tenant's rows; the migrator is its only reader besides administration.
                #expect(unprotected == ["schema_migration"])
                #expect(try !session.query("select has_table_privilege('sluice_retrieval', 'sluice.schema_migration', 'select')").bool(0, 0))
                #expect(
                    try session.strings("select rolname from pg_roles where rolname like 'sluice\\_%' and (rolsuper or rolbypassrls) and not rolcanlogin") == []
                )
                for role in ["sluice_retrieval", "sluice_ingest", "sluice_admin"] {
                    let owned = try session.query(
                        """
                        select (select count(*) from pg_class where relowner = $1::regrole) + (select count(*) from pg_namespace where nspowner = $1::regrole)
                            + (select count(*) from pg_proc where proowner = $1::regrole)
                        """, [.text(role)])
                    #expect(try owned.int64(0, 0) == 0, "\(role)")
                }
                #expect(
                    try session.strings(
                        "select c.relname from pg_class c where has_table_privilege('sluice_retrieval', c.oid, 'insert, update, delete, truncate') and c.relnamespace = 'sluice'::regnamespace order by 1"
                    ) == ["answer_log", "answer_text"])
                // Its audit it can only add to.
                #expect(
                    try session.strings(
                        "select c.relname from pg_class c where has_table_privilege('sluice_retrieval', c.oid, 'update, delete, truncate') and c.relnamespace = 'sluice'::regnamespace"
                    ) == [])
            }
        }
    }

    @Test func `without the asker's claims there are no rows`() async throws {
        try await Self.withDocuments { world async throws in
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            let tables = try await connection.withSession { try $0.readableTables }
            #expect(
                tables.isSuperset(of: [
                    "document", "rendition_content", "chunk", "passage_terms", "vector_pack", "access_entry", "permission", "rendition_facets", "outcome",
                ]))

            // Unset.
            try await connection.withTransaction { session throws in
                for table in tables { #expect(try session.count(table) == 0, "\(table), unset") }
            }
            // Set: what is looked for below is there.
            try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice", "everyone"])
                try session.claimWholeSearch()
                // chunk_terms: kept for a binary of an earlier schema, and empty.
                for table in tables.subtracting(["chunk_terms"]) { #expect(try session.count(table) > 0, "\(table), set") }
            }
            // Spent: a claim set for a transaction that has ended reads as an empty text, not as none.
            try await connection.withTransaction { session throws in
                for table in tables { #expect(try session.count(table) == 0, "\(table), spent") }
            }
            await connection.close()
        }
    }

    @Test func `half of the claims let through nothing of a document`() async throws {
        // What claims are found by: a tenant's name and the live generation, and the groups around an asker.
        let foundBy: [String: Set<String>] = [
            "sluice.tenant_name": ["tenant", "generation"], "sluice.generation": [],
            "sluice.tenant": ["member_group", "group_member", "topic_incarnation", "applied_position", "outcome", "index_change"],
            "sluice.allow": [], "sluice.deny": [], "sluice.filter": [],
            // Found by the others, and no way around them; lists of principals are found by their sets.
            "sluice.sets": ["access_list"], "sluice.lists": [], "sluice.candidates": [], "sluice.searched": [],
        ]
        let access: Set<String> = ["access_entry"]  // its own denials, with the tenant and them
        try await Self.withDocuments { world async throws in
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            let tables = try await connection.withSession { try $0.readableTables }
            let claims = try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice", "everyone"])
                try session.claimWholeSearch()
                try session.claimCandidates([1, 2, 3])
                return try foundBy.keys.sorted().map { ($0, try session.query("select current_setting($1)", [.text($0)]).string(0, 0)) }
            }
            let mustHave = ["sluice.tenant", "sluice.allow"]  // no document without both
            for half in 0..<(1 << claims.count) {
                let chosen = claims.indices.filter { half >> $0 & 1 == 1 }.map { claims[$0] }
                guard !mustHave.allSatisfy({ name in chosen.contains { $0.0 == name } }) else { continue }
                let allowed = chosen.reduce(into: Set<String>()) { $0.formUnion(foundBy[$1.0] ?? []) }
                try await connection.withTransaction { session throws in
                    for (name, value) in chosen { _ = try session.query("select set_config($1, $2, true)", [.text(name), .text(value)]) }
                    for table in tables.subtracting(allowed).subtracting(chosen.count > 1 ? access : []) {
                        #expect(try session.count(table) == 0, "\(table) with \(chosen.map(\.0))")
                    }
                }
            }
            await connection.close()
        }
    }

    @Test func `another tenant's claims let through none of this tenant's rows`() async throws {
        try await Self.withDocuments { world async throws in
            try await world.database.withSession(as: IndexRole.retrieval.rawValue) { session throws in
                try session.executeScript("begin")
                try session.claim(World.otherID, ["user:alice", "everyone", "group:okta/staff"])
                let mine = try session.strings(
                    "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where c.relnamespace = 'sluice'::regnamespace and c.relkind = 'r'"
                )
                let tables = try session.readableTables.intersection(mine)
                #expect(tables.count > 8)
                for table in tables {
                    let rows = try session.query("select count(*) filter (where tenant_id = $1) from \(table)", [.int4(world.tenant.value)])
                    #expect(try rows.int64(0, 0) == 0, "\(table)")
                }
                #expect(try session.strings("select topic from topic_incarnation order by 1") == ["sluice.documents", "sluice.documents.rival"])
            }
            #expect(try await world.visible(["open", "mine"], to: ["user:alice", "everyone"], tenant: World.otherID) == [false, false])
        }
    }

    @Test func `a generation that is not claimed is not read`() async throws {
        try await Self.withDocuments { world async throws in
            try await world.database.withSession(as: IndexRole.retrieval.rawValue) { session throws in
                try session.executeScript("begin")
                try session.claim(World.tenantID, ["user:alice", "everyone"])
                _ = try session.query("select set_config('sluice.generation', '99', true)")
                for table in ["rendition", "rendition_content", "chunk", "vector_pack", "shown", "all_shown"] {
                    #expect(try session.count(table) == 0, "\(table)")
                }
            }
        }
    }

    /// Two documents with lists, a group, and rows in every table that retrieval may read.
    private static func withDocuments(_ body: (World) async throws -> Void) async throws {
        try await World.with { world async throws in
            for tenant in ["acme", "rival"] { _ = try await world.store.incarnation(topic: "sluice.documents.\(tenant)", brokerID: tenant) }
            let group = MembershipChange(name: world.name("staff"), version: world.version(1), statement: .members(World.principals(["user:alice"])))
            try await world.register(
                permissions: [world.permission("open", 2, allow: ["everyone"]), world.permission("mine", 3, allow: ["user:alice"], deny: ["user:bob"])],
                memberships: [group])
            try await world.upsert("open", world.version(4), "some words")
            try await world.upsert("mine", world.version(5), "other words")
            try await world.database.withSession { session throws in
                try session.executeScript(
                    """
                    insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome)
                        select 'sluice-registrar', 1, 0, 2, tenant_id, 'applied' from tenant where name = 'acme'
                    """)
            }
            try await body(world)
        }
    }
}

extension Session {
    /// What a search claims beside its asker: words, a filter that everything matches, and all documents as candidates.
    fileprivate func claimWholeSearch() throws {
        #expect(try execute(.claimFilter, [.int4Array([]), .textArray([]), .jsonbArray([])]).bool(0, 0))
        #expect(try execute(.claimCandidates, [.int8Array((1...10).map { $0 })]).bool(0, 0))
    }

    fileprivate var readableTables: Set<String> {
        get throws {
            Set(
                try strings(
                    "select relname::text from pg_class where relnamespace = 'sluice'::regnamespace and relkind in ('r', 'v') and has_any_column_privilege(oid, 'select')"
                ))
        }
    }

    fileprivate func count(_ table: String) throws -> Int64 { try query("select count(*) from \(table)").int64(0, 0) }
}
