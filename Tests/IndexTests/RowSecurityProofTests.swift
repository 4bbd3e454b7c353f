import Administration
import Contract
import Index
import Postgres
import Testing

/// What `sluice retrieve` proves before it serves: each guarantee is broken once, and missed.
@Suite(.needsDatabase) struct RowSecurityProofTests {
    private static func flaws(_ database: TestDatabase) async throws -> [RowSecurityProof.Flaw] {
        try await RowSecurityProof(pool: IndexRole.retrieval.pool(url: database.url, connections: 1, applicationName: "sluice tests")).flaws()
    }

    private static func withCanary(_ body: (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.with { database async throws in
            try await SchemaAdministration.plantCanary(databaseURL: database.url)
            try await body(database)
        }
    }

    @Test func `a schema as the migrations made it is proven, however often the canary is planted`() async throws {
        try await Self.withCanary { database async throws in
            try await SchemaAdministration.plantCanary(databaseURL: database.url)
            // Of the owner's functions nobody can call those that are for triggers.
            try await database.withSession {
                try $0.executeScript("create function public.fire() returns trigger language plpgsql security definer as 'begin return new; end'")
            }
            #expect(try await Self.flaws(database) == [])
        }
    }

    @Test func `without a canary nothing is proven`() async throws {
        try await TestDatabase.with { database async throws in
            let flaws = try await Self.flaws(database)
            #expect(!flaws.isEmpty && flaws.allSatisfy { $0.kind == .canary })
            #expect(flaws.first?.remedy.contains("sluice migrate") == true)
        }
    }

    /// What breaks it, and what must be said.
    private static let breaches: [(script: String, kind: RowSecurityProof.Flaw.Kind, name: String, what: String)] = [
        ("alter table document disable row level security", .relation, "sluice.document", "has no row-level security"),
        ("alter table chunk no force row level security", .relation, "sluice.chunk", "does not force row-level security on its owner"),
        ("drop policy asker on permission", .relation, "sluice.permission", "has no policy for reading"),
        (
            "create policy open on rendition_content for select using (true)", .relation, "sluice.rendition_content",
            "has a policy that lets every row through"
        ),
        ("grant select on audit_log to sluice_retrieval", .relation, "sluice.audit_log", "has no policy for reading"),
        ("grant update (source) on document to sluice_retrieval", .relation, "sluice.document", "can be changed by the role"),
        ("grant delete on answer_log to public", .relation, "sluice.answer_log", "can be changed by the role"),
        (
            "create view public.everything as select * from document; grant select on public.everything to public", .relation, "public.everything",
            "is a view without security_invoker: it reads with its owner's eyes"
        ),
        (
            "create materialized view copied as select * from document; grant select on copied to sluice_retrieval", .relation, "sluice.copied",
            "is a materialised view: no policy can guard it"
        ),
        (
            "create function public.peek() returns bigint language sql security definer as 'select count(*) from sluice.document'", .relation, "peek()",
            "is a function that runs as its owner"
        ),
        // Policies that are there, and wrong.
        ("alter policy asker on document using (fact = 1)", .leak, "sluice.document", "shows the canary with another tenant's claims"),
        (
            "alter policy asker on access_entry using (not deny and tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int))", .leak,
            "sluice.document", "shows the canary to whom a list denies"
        ),
        (
            "alter policy asker on document using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int))", .leak, "sluice.document",
            "shows the canary to its own tenant"
        ),
        (
            "alter policy asker on chunk using (coalesce(nullif(current_setting('sluice.tenant', true), '')::int, tenant_id) = tenant_id)", .leak,
            "sluice.chunk", "shows rows without claims, after they were spent"
        ),
        ("delete from vector_pack where tenant_id = 0", .canary, "sluice.vector_pack", "does not show the canary to its own tenant"),
    ]

    @Test(arguments: breaches.indices) func `a breach is found and named`(index: Int) async throws {
        let breach = Self.breaches[index]
        try await Self.withCanary { database async throws in
            try await database.withSession { try $0.executeScript(breach.script) }
            let flaws = try await Self.flaws(database)
            #expect(flaws.contains { $0.kind == breach.kind && $0.name == breach.name && $0.what == breach.what }, "\(breach.script): \(flaws)")
        }
    }

    /// What makes a role pass the policies, who has it, and what must be said.
    private static let powers: [(script: String, name: String, what: String)] = [
        ("alter role sluice_retrieval bypassrls", "sluice_retrieval", "has BYPASSRLS"),
        ("alter role sluice_retrieval superuser", "sluice_retrieval", "is a superuser"),
        ("alter role sluice_retrieval createrole", "sluice_retrieval", "may make and grant roles"),
        ("alter role sluice_retrieval replication", "sluice_retrieval", "may read the whole database by replication"),
        ("alter table sluice.tenant owner to sluice_retrieval", "sluice_retrieval", "owns a table, view or sequence"),
        ("create schema mine authorization sluice_retrieval", "sluice_retrieval", "owns a schema"),
        ("grant sluice_admin to sluice_retrieval", "sluice_admin", "can be used by sluice_retrieval, and is another role of Sluice"),
        (
            "create role sluice_test_bypass bypassrls; grant sluice_test_bypass to sluice_retrieval with inherit false", "sluice_test_bypass",
            "can be used by sluice_retrieval, and has BYPASSRLS"
        ),
        (
            "grant pg_read_all_data to sluice_retrieval", "pg_read_all_data",
            "can be used by sluice_retrieval, and is a role of the server with powers over all data"
        ),
        ("grant create on schema sluice to sluice_retrieval", "sluice_retrieval", "may make objects in the schema sluice"),
    ]

    /// Roles belong to the server: each is changed in a transaction that is rolled back, and on the one connection that looks.
    @Test func `a role that could pass the policies is named`() async throws {
        try await TestDatabase.with { database async throws in
            let connection = try await database.connect()
            for power in Self.powers {
                let flaws = try await connection.withSession { session throws in
                    try session.executeScript("begin; \(power.script); set local role sluice_retrieval")
                    let rows = try session.execute(.proofRole)
                    let flaws = try (0..<rows.count).map { "\(try rows.string($0, 0)) \(try rows.optionalString($0, 1) ?? "–")" }
                    try session.executeScript("rollback")
                    return flaws
                }
                #expect(flaws.contains("\(power.name) \(power.what)"), "\(power.script): \(flaws)")
            }
            await connection.close()
        }
    }

    @Test func `the proof looks into every table that retrieval may read`() async throws {
        try await TestDatabase.with { database async throws in
            let readable = try await database.withSession {
                try $0.strings(
                    """
                    select relname::text from pg_class where relnamespace = 'sluice'::regnamespace and relkind in ('r', 'p')
                        and has_any_column_privilege('sluice_retrieval', oid, 'select') order by 1
                    """)
            }
            for table in readable { #expect(Statement.healthUnclaimed.sql.contains("from \(table))"), "\(table)") }
        }
    }

    @Test func `a pooled connection that is used again after an error has no claims`() async throws {
        try await World.with { world async throws in
            try await SchemaAdministration.plantCanary(databaseURL: world.database.url)
            try await world.register(permissions: [world.permission("open", 1, allow: ["everyone"])])
            try await world.upsert("open", world.version(2), "words")
            let pool = IndexRole.retrieval.pool(url: world.database.url, connections: 1, applicationName: "sluice tests")
            for failure in ["select 1 / 0", "select * from no_such_table", "set local statement_timeout = 1; select pg_sleep(1)"] {
                await #expect(throws: PostgresError.self, "\(failure)") {
                    try await pool.withConnection { connection in
                        try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { session in
                            try session.claim(World.tenantID, ["everyone"])
                            #expect(try !session.strings("select subject from document").isEmpty)
                            try session.executeScript(failure)
                        }
                    }
                }
                let shown = try await pool.withConnection { connection in
                    try await connection.withSession { session in
                        let rows = try session.execute(.healthUnclaimed)
                        return try (0..<rows.count).map { try rows.string($0, 0) }
                    }
                }
                #expect(shown == [], "after \(failure)")
            }
        }
    }

    @Test func `after every migration nothing is owned, bypassed, leaky or run as its owner`() async throws {
        try await TestDatabase.with(migrated: false) { database async throws in
            let connection = try await database.connect()
            for count in 1...MigrationSteps.all.count {
                _ = try await Migrator(steps: Array(MigrationSteps.all.prefix(count))).run(on: connection)
                let flaws = try await database.withSession(as: IndexRole.retrieval.rawValue) { session throws in
                    try [Statement.proofRole, .proofRelations].flatMap { statement in
                        let rows = try session.execute(statement)
                        return try (0..<rows.count).compactMap { row in try rows.optionalString(row, 1).map { "\(try rows.string(row, 0)) \($0)" } }
                    }
                }
                #expect(flaws == [], "after \(MigrationSteps.all[count - 1].name)")
                let definers = try await database.withSession {
                    try $0.strings("select proname::text from pg_proc where prosecdef and pronamespace = 'sluice'::regnamespace")
                }
                #expect(definers == [])
            }
            await connection.close()
        }
    }
}
