import Contract
import Digest
import Index
import Postgres
import Testing

/// What is erased is in no row, stays away whatever is replayed, and leaves a record that is whole.
@Suite(.needsDatabase) struct ErasureTests {
    /// One word, which stands in names, texts and people alike.
    private static let marker = "zeugma4711"
    private static let wiki = SourceName("wiki")!
    private static let target = ErasureTarget.document(source: wiki, document: Subject(marker)!)

    private static func store(_ world: World) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 1, applicationName: "sluice tests"), actor: "alice@desk")
    }

    private static func begin(_ store: AdministrationStore, _ target: ErasureTarget = target) async throws -> ErasureInHand {
        try #require(try await store.beginErasure(of: target, tenant: World.tenantID, reason: "asked to"))
    }

    /// Every row of every table that holds a text, as text or as bytes.
    private static func rows(with text: String, _ world: World) async throws -> [String] {
        try await world.database.withSession { session in
            let hex = hexEncoded(Array(text.utf8))
            return try session.strings("select tablename from pg_tables where schemaname = 'sluice' order by 1").filter { table in
                try session.query("select count(*) from \(table) t where t::text ilike '%\(text)%' or t::text ilike '%\(hex)%'").int64(0, 0) > 0
            }
        }
    }

    /// A document that names the marker everywhere, as two workers leave it, and its erasure up to what the registrar does.
    private static func erase(_ world: World, _ store: AdministrationStore, sequence: Int64? = nil) async throws -> DocumentErasure {
        try await world.register(permissions: [world.permission(marker, 5, allow: ["everyone"])])
        try await world.upsert(marker, world.version(10, sequence: sequence, value: marker), "the \(marker) is here")
        let erasure = try await begin(store)
        try await world.register(
            facts: [world.deleted(marker, world.version(100, sequence: sequence, isDeletion: true))],
            permissions: [PermissionChange(name: world.name(marker), version: world.version(101, isDeletion: true), statement: .removed)])
        return try await store.eraseRows(of: wiki, Subject(marker)!, erasure)
    }

    @Test func `a document leaves no row that names it, and its mark of deletion holds`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            let result = try await Self.erase(world, store)
            #expect(result.isRenamed && result.dependents == 0 && !result.hasEntry)
            let counts = Dictionary(uniqueKeysWithValues: try #require(result.rows).map { ($0.table, $0.count) })
            #expect(counts["chunk"] == 1 && counts["rendition_content"] == 1 && counts["vector_pack"] == 1 && counts["access_change"] == 2, "\(counts)")
            #expect(try await Self.rows(with: Self.marker, world) == [])

            // Once more, as a replay has it: the registrar, and a generation that has made something of it meanwhile.
            let old = world.version(10, value: Self.marker)
            #expect(try await world.register(facts: [world.exists(Self.marker, old)]).facts == [.superseded])
            #expect(try await world.upsert(Self.marker, old, "the \(Self.marker) is here") == nil)
            let peek = try #require(try await world.store.peek([world.name(Self.marker)], generation: world.generation.number).values.first)
            #expect(!peek.takes(old) && peek.takes(world.version(102)))
            let unmade = RenditionChange(
                name: world.name(Self.marker), version: old,
                statement: .content(digest: [1], facts: DocumentFacts(container: nil, expiresAt: nil), nil))
            #expect(try await world.index(facts: [world.exists(Self.marker, old)], [unmade]) == [.superseded])
            #expect(try await world.register(permissions: [world.permission(Self.marker, 5, allow: ["everyone"])]).permissions == [.superseded])
            #expect(try await Self.rows(with: Self.marker, world) == [])
            // Erased again, nothing is left to do.
            let again = try await Self.begin(store)
            #expect(again.isResumed)
            #expect(try await store.eraseRows(of: Self.wiki, Subject(Self.marker)!, again).isRenamed)
        }
    }

    @Test func `something newer is a document again, and what was erased still is not`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            _ = try await Self.erase(world, store, sequence: 3)
            try await world.register(permissions: [world.permission(Self.marker, 103, allow: ["everyone"])])
            // Stated while the name is a hash, and found under it.
            #expect(try await Self.rows(with: Self.marker, world) == [])
            #expect(try await world.register(facts: [world.exists(Self.marker, world.version(200, sequence: 4))]).facts == [.wins])
            #expect(try await Self.rows(with: Self.marker, world) == ["document"])
            // A generation that is behind comes to the old one first.
            #expect(try await world.upsert(Self.marker, world.version(10, sequence: 3), "old") == nil)
            #expect(try await world.upsert(Self.marker, world.version(200, sequence: 4), "new") == .indexed(chunks: 1))
            #expect(try await world.visible([Self.marker], to: ["everyone"]) == [true])
            // Not what was asked to be erased.
            let result = try await store.eraseRows(of: Self.wiki, Subject(Self.marker)!, try await Self.begin(store))
            #expect(result.rows == nil && !result.isRenamed)
            #expect(try await world.visible([Self.marker], to: ["everyone"]) == [true])
        }
    }

    @Test func `a name that others need stays, and what it held stays away`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await world.upsert("inside", world.version(1), "inside", in: Self.marker)
            try await world.register(permissions: [
                world.permission("inside", 2, allow: [], parent: Self.marker), world.permission("box", 3, parent: Self.marker),
            ])
            let result = try await Self.erase(world, store)
            // A page that has pages below it counts once.
            #expect(!result.isRenamed && result.dependents == 2)
            #expect(try await Self.rows(with: "the \(Self.marker)", world) == [])

            // A generation that is behind comes to what was erased.
            let old = world.version(10, value: Self.marker)
            let peek = try #require(try await world.store.peek([world.name(Self.marker)], generation: world.generation.number).values.first)
            #expect(!peek.takes(old) && peek.takes(world.version(102)))
            #expect(try await world.upsert(Self.marker, old, "the \(Self.marker) is here") == nil)
            #expect(try await Self.rows(with: "the \(Self.marker)", world) == [])
            // Something newer is a document again.
            #expect(try await world.upsert(Self.marker, world.version(200), "the next") == .indexed(chunks: 1))
            #expect(try await world.upsert(Self.marker, old, "the \(Self.marker) is here") == nil)
        }
    }

    @Test func `a name that held what is gone goes`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            let gone = try await world.generation(named: "g2")
            try await world.upsert("inside", world.version(1), "inside", in: Self.marker)
            // As a generation has it that was dropped and is not swept yet.
            try await world.database.withSession { session throws in
                try session.executeScript(
                    """
                    update generation set dropped_at = now() where name = 'g2';
                    insert into rendition (tenant_id, generation_id, document_id, state, container_id)
                    select tenant_id, \(gone.number.value), document_id, 1, container_id from document where subject = 'inside'
                    """)
            }
            let deletion = world.version(2, isDeletion: true)
            try await world.index(
                facts: [world.deleted("inside", deletion)], [RenditionChange(name: world.name("inside"), version: deletion, statement: .deleted)])
            #expect(try await Self.erase(world, store).isRenamed)
            #expect(try await Self.rows(with: Self.marker, world) == [])
            // It comes back into a folder of its own name.
            #expect(try await world.upsert("inside", world.version(3), "again", in: Self.marker) == .indexed(chunks: 1))
            #expect(try await world.upsert(Self.marker, world.version(200), "the next") == .indexed(chunks: 1))
        }
    }

    @Test func `a name that is erased while a worker waits for it is not made anew`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await world.upsert(Self.marker, world.version(10), "text")
            try await world.register(facts: [world.deleted(Self.marker, world.version(20, isDeletion: true))])
            let erasure = try await Self.begin(store)
            let (signal, isUnderWay) = AsyncStream<Void>.makeStream()
            let work = Task {
                for await _ in signal { break }
                return try await world.register(facts: [world.exists(Self.marker, world.version(10))]).facts
            }
            let owner = try await world.database.connect()
            try await owner.withTransaction { session throws in
                _ = try session.query("update document set source = '$erased', subject = '\(erasure.hash)', erased = true where subject = '\(Self.marker)'")
                _ = try session.query("update erasure_key set renames = renames + 1")
                isUnderWay.yield()
                let waiting = "select count(*) from pg_locks where not granted and transactionid::text = pg_current_xact_id()::text"
                for _ in 0..<100_000 where try session.query(waiting).int64(0, 0) > 0 { return }
                throw IndexError.inconsistent
            }
            #expect(try await work.value == [.superseded])
            await owner.close()
            #expect(try await Self.rows(with: Self.marker, world) == [])
        }
    }

    @Test func `cached vectors go with the last text that uses them`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await world.upsert("other", world.version(1), "shared")
            try await world.upsert(Self.marker, world.version(2), "shared")
            try await world.database.withSession { session throws in
                try session.executeScript(
                    """
                    insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding)
                    select t.tenant_id, 'space', sha256(convert_to(x, 'UTF8')), '[1,0,0,0]' from tenant t, unnest(array['shared', 'earlier']) x where t.tenant_id > 0
                    """)
            }
            let erasure = try await Self.begin(store)
            #expect(try await store.eraseUnusedEmbeddings(erasure) { _ in } == 1)
            // The other tenant's are its own.
            #expect(try await world.database.withSession { try $0.query("select count(*) from embedding_cache").int64(0, 0) } == 3)
        }
    }

    // MARK: the audit

    private static func answered(_ world: World) async throws {
        let log = AnswerLog(
            pool: IndexRole.retrieval.pool(url: world.database.url, connections: 1, applicationName: "sluice tests"), host: "desk",
            textRetention: .seconds(3600), now: { Timestamp(microsecondsSinceEpoch: 4_000_000_000_000_000) })
        for (number, (user, documents)) in [("user:alice", [marker, "other"]), ("user:\(marker)", ["other"]), ("user:alice", ["other"])].enumerated() {
            let shown = documents.map { ShownDocument(source: "wiki", document: $0, spans: [0..<1], contentVersion: "7", permissionsVersion: "3") }
            try await log.record([
                AnswerEntry(
                    query: QueryKey(tenant: World.tenantID, source: "assistant", id: "q\(number)"), kind: .query, user: Principal(user)!,
                    groups: World.principals(["group:okta/eng"]), status: .ok, shown: shown, text: number == 2 ? "something else" : "where is \(marker)")
            ])
        }
        try await log.close()
    }

    @Test(arguments: [ErasureTarget.document(source: wiki, document: Subject(marker)!), .user(Principal("user:\(marker)")!)])
    func `lines lose what they said, and the record is whole`(target: ErasureTarget) async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await Self.answered(world)
            let detail: [String: JSON] = ["document": .string("wiki/\(Self.marker)"), "user": .string("user:\(Self.marker)")]
            try await store.record(.documentTrace, tenant: World.tenantID, detail: detail)
            let erasure = try await Self.begin(store, target)
            let answers = try await store.eraseAnswers(erasure) { _ in }
            #expect(answers.lines == 1 && answers.texts == 1)
            #expect(try await store.eraseAnswers(erasure) { _ in } == (0, 0))
            #expect(try await store.eraseAdminLines(erasure) { _ in } == 1)
            let left = try await world.database.withSession { try $0.strings("select query_text from answer_text order by 1") }
            #expect(left == ["something else", "where is \(Self.marker)"])

            let verification = try await store.verifyAudits()
            #expect(verification.isWhole && verification.chains.map(\.erased) == [1, 1])
            // Both, in one line too.
            let other = try await Self.begin(store, { if case .user = target { Self.target } else { .user(Principal("user:\(Self.marker)")!) } }())
            _ = try await store.eraseAnswers(other) { _ in }
            _ = try await store.eraseAdminLines(other) { _ in }
            #expect(try await Self.rows(with: Self.marker, world) == [])
            #expect(try await store.verifyAudits().isWhole)
            #expect(try await store.verifyAudit().flaws == [])
        }
    }

    @Test func `an erasure that was begun first and ended last leaves the record whole`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await Self.answered(world)
            let first = try await Self.begin(store, .tenant)
            let second = try await Self.begin(store)
            _ = try await store.eraseAnswers(second) { _ in }
            _ = try await store.eraseAnswers(first) { _ in }
            #expect(try await store.verifyAudits().isWhole)
        }
    }

    @Test func `of a tenant every line loses every word, and the record is whole`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await Self.answered(world)
            let detail: [String: JSON] = ["document": .string("wiki/\(Self.marker)"), "parts": .array([.string(Self.marker), .number(3)])]
            try await store.record(.documentTrace, tenant: World.tenantID, detail: detail)
            try await store.record(.maintain, tenant: nil, detail: ["part": .string("kept")])
            let erasure = try await Self.begin(store, .tenant)
            #expect(try await store.eraseAnswers(erasure) { _ in }.lines > 0)
            #expect(try await store.eraseAnswers(erasure) { _ in } == (0, 0))
            #expect(try await store.eraseAdminLines(erasure) { _ in } > 0)
            #expect(try await store.eraseAdminLines(erasure) { _ in } == 0)
            let lines = try await world.database.withSession {
                try $0.strings("select action || ' ' || detail from audit_log where action in ('document.trace', 'maintain') order by entry")
            }
            #expect(lines == [#"document.trace {"parts": ["erased", 3], "document": "erased"}"#, #"maintain {"part": "kept"}"#])
            #expect(try await world.database.withSession { try $0.strings("select asker from answer_log where tenant = 'acme' and asker is not null") } == [])
            #expect(try await store.verifyAudits().isWhole)
            // Begun again, it is the same.
            let again = try await Self.begin(store, .tenant)
            #expect(again.isResumed && again.number == erasure.number)
        }
    }

    @Test func `a line that loses something without an erasure is found, and refused where it can be`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            try await Self.answered(world)
            let erasure = try await Self.begin(store)
            _ = try await store.eraseAnswers(erasure) { _ in }
            for change in ["update answer_log set detail = '{}' where entry = 4", "update audit_log set detail = '{}' where entry = 1"] {
                await #expect(throws: PostgresError.self) {
                    try await world.database.withSession(as: IndexRole.admin.rawValue) { try $0.executeScript(change) }
                }
            }
            // An erased line may lose no more, and nobody vouches for what was noted by hand.
            for change in [
                "update answer_log set detail = '{}' where entry = 2",
                """
                insert into erased_line select chain, entry, erasure_id, 2, '\\x00' from answer_log, erasure where entry = 4;
                update answer_log set detail = '{}' where entry = 4
                """,
            ] {
                try await world.database.withSession(as: IndexRole.admin.rawValue) { try $0.executeScript(change) }
                let verification = try await store.verifyAudits()
                #expect(verification.chains[1].flaws.map(\.kind).contains(.altered), "\(change)")
            }
        }
    }

    // MARK: somebody

    @Test func `somebody goes from the past, and what is in force waits for its source`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            let user = "user:\(Self.marker)"
            func group(_ offset: Int64, _ members: [String]) -> MembershipChange {
                MembershipChange(
                    name: Name(tenant: world.tenant, source: SourceName("okta")!, subject: Subject("eng")!), version: world.version(offset),
                    statement: .members(World.principals(members)))
            }
            try await world.register(
                facts: [world.exists("open", world.version(1))], permissions: [world.permission("open", 2, allow: ["everyone"], deny: [user])],
                memberships: [group(3, [user, "user:bob"])])
            let erasure = try await Self.begin(store, .user(Principal(user)!))
            let first = try await store.eraseMentions(of: Principal(user)!, erasure)
            // A deny that went would open the document.
            #expect(first.pastEntries == 0 && first.pastMemberships == 0)
            let held = first.held.map { "\($0.topic.rawValue) \($0.subject) \($0.isDenial)" }
            #expect(held == ["sluice.permissions wiki/open true", "sluice.memberships okta/eng false"])
            try await world.register(permissions: [world.permission("open", 4, allow: ["user:bob"])], memberships: [group(5, ["user:bob"])])
            let second = try await store.eraseMentions(of: Principal(user)!, erasure)
            #expect(second.pastEntries == 1 && second.pastMemberships == 1 && second.held == [])
            #expect(try await Self.rows(with: Self.marker, world) == [])
            // The same list, stated anew, denies them again.
            try await world.register(permissions: [world.permission("open", 6, allow: ["everyone"], deny: [user])])
            try await world.upsert("open", world.version(7), "text")
            #expect(try await world.visible(["open"], to: ["everyone", user]) == [false])
            #expect(try await world.visible(["open"], to: ["everyone"]) == [true])
        }
    }

    @Test func `a receipt reads back as it was kept`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world)
            let erasure = try await Self.begin(store)
            #expect(!erasure.isResumed && erasure.hash.count == 64)
            #expect(try await Self.begin(store).isResumed)
            var receipt = ErasureReceipt()
            receipt.note("table chunk", .gone, count: 2)
            receipt.note("table chunk", .gone, count: 1)
            receipt.note("topic a", .goneBy(Timestamp(rfc3339: "2027-01-01T00:00:00Z")!), note: "retention")
            receipt.note("topic b", .failed, note: "why")
            try await store.keep(receipt, ofErasure: erasure.number, tenant: World.tenantID)
            let record = try #require(try await store.erasures(tenant: World.tenantID, limit: 10).first)
            #expect(record.receipt == receipt && record.receipt.places.first?.count == 3 && !record.receipt.isComplete && record.finishedAt != nil)
            #expect(record.reason == "asked to" && record.actor == "alice@desk" && record.kind == "document")
            #expect(try await store.erasures(tenant: World.otherID, limit: 10).isEmpty)
            // Ended: the next one of the same target is another.
            #expect(try await Self.begin(store).number != erasure.number)
        }
    }
}
