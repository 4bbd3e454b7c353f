import Contract
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct AuditLogTests {
    private static let topic = "sluice.dlq"

    private static func store(_ database: TestDatabase, actor: String = "alice@desk") -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: database.url, connections: 1, applicationName: "sluice tests"), actor: actor)
    }

    /// A log of six lines: two tenants, four marks.
    private static func withLog(_ body: (TestDatabase, AdministrationStore, AuditHead) async throws -> Void) async throws {
        try await TestDatabase.with { database async throws in
            let store = store(database)
            for tenant in [World.tenantID, World.otherID] { #expect(try await store.createTenant(tenant)) }
            let incarnation = try await store.incarnation(topic: topic, brokerID: "one")
            for offset in 0..<4 as Range<Int64> {
                try await store.mark(
                    [LetterID(partition: 0, offset: offset)], as: .purged, incarnation: incarnation, tenant: offset == 0 ? World.tenantID : nil,
                    detail: ["code": .string("invalid_text"), "b\u{301}é": .array([.object(["z": .number(-1), "a": .null]), .bool(true), .string("\"\n")])])
            }
            let (flaws, head) = try await store.verifyAudit()
            #expect(flaws == [])
            try await body(database, store, try #require(head))
        }
    }

    @Test func `an empty log is whole`() async throws {
        try await TestDatabase.with { database async throws in
            let (flaws, head) = try await Self.store(database).verifyAudit()
            #expect(flaws == [] && head == nil)
        }
    }

    @Test func `what an admin did stands in the log, once, with who did it`() async throws {
        try await Self.withLog { database, store, head async throws in
            #expect(head.entry == 6)
            // Registered already: nothing changes, and nothing is told.
            #expect(try await store.createTenant(World.tenantID) == false)
            #expect(try await store.verifyAudit(since: head).head == head)
            let lines = try await database.withSession {
                try $0.strings(
                    """
                    select concat_ws(' ', a.entry, a.actor, a.action, t.name, a.detail->>'letters', a.detail->>'first')
                    from audit_log a left join tenant t using (tenant_id) where chain = 'admin' order by entry
                    """)
            }
            #expect(
                lines == [
                    "1 alice@desk tenant.create acme", "2 alice@desk tenant.create rival", "3 alice@desk dlq.purge acme 1 0/0",
                    "4 alice@desk dlq.purge 1 0/1", "5 alice@desk dlq.purge 1 0/2", "6 alice@desk dlq.purge 1 0/3",
                ])
        }
    }

    @Test(arguments: [
        "actor = 'bob@desk'", "action = 'tenant.create'", "tenant_id = 1", "at = at + interval '1 microsecond'", "detail = '{}'",
        "detail = jsonb_set(detail, '{letters}', '2')", "detail = '[]'", "hash = sha256(hash)",
    ])
    func `an altered line is found`(change: String) async throws {
        try await Self.withLog { database, store, head async throws in
            try await database.withSession { try $0.executeScript("update audit_log set \(change) where entry = 4") }
            let flaws = try await store.verifyAudit().flaws
            #expect(flaws.contains(AuditFlaw(entry: 4, kind: .altered)), "\(flaws)")
        }
    }

    @Test func `a line that was altered together with its hash no longer leads to the next`() async throws {
        try await Self.withLog { database, store, head async throws in
            // As its writer would have made it: the chain of another log.
            try await database.withSession { try $0.executeScript("update audit_log set previous_hash = sha256('x') where entry = 4") }
            #expect(try await store.verifyAudit().flaws.contains(AuditFlaw(entry: 4, kind: .unlinked)))
        }
    }

    @Test(arguments: [1, 4]) func `a line that was taken out is missed`(entry: Int64) async throws {
        try await Self.withLog { database, store, head async throws in
            try await database.withSession { try $0.executeScript("delete from audit_log where entry = \(entry)") }
            #expect(try await store.verifyAudit().flaws == [AuditFlaw(entry: entry, kind: .missing)])
        }
    }

    @Test func `lines cut off the end are missed by who knows the head, also once others are written instead`() async throws {
        try await Self.withLog { database, store, head async throws in
            try await database.withSession { try $0.executeScript("delete from audit_log where entry > 4") }
            #expect(try await store.verifyAudit().flaws == [])
            #expect(try await store.verifyAudit(since: head).flaws == [AuditFlaw(entry: 5, kind: .missing)])
            for name in ["one", "two", "three"] { _ = try await store.createTenant(try #require(TenantID(name))) }
            #expect(try await store.verifyAudit().flaws == [])
            #expect(try await store.verifyAudit(since: head).flaws == [AuditFlaw(entry: 6, kind: .altered)])
        }
    }

    @Test func `admins at the same time write one chain`() async throws {
        try await Self.withLog { database, store, head async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for admin in 0..<4 {
                    group.addTask {
                        let store = Self.store(database, actor: "admin\(admin)@desk")
                        for number in 0..<5 { _ = try await store.createTenant(try #require(TenantID("t\(admin)-\(number)"))) }
                    }
                }
                try await group.waitForAll()
            }
            let (flaws, latest) = try await store.verifyAudit(since: head)
            #expect(flaws == [] && latest?.entry == head.entry + 20)
        }
    }

    @Test func `a change that fails leaves no line`() async throws {
        try await Self.withLog { database, store, head async throws in
            await #expect(throws: PostgresError.self) {
                try await store.mark([LetterID(partition: 0, offset: 0)], as: .purged, incarnation: 4711, tenant: nil, detail: [:])
            }
            #expect(try await store.verifyAudit(since: head).head == head)
        }
    }

    @Test func `the role that writes the log can neither change nor empty it`() async throws {
        try await Self.withLog { database, store, head async throws in
            for change in ["update audit_log set actor = 'bob'", "delete from audit_log", "truncate audit_log"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.withSession(as: IndexRole.admin.rawValue) { _ = try $0.query(change) }
                }
                #expect(error?.sqlState == "42501", "\(change)")
            }
        }
    }
}
