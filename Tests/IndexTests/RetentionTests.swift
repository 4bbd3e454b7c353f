import Contract
import Digest
import Index
import Postgres
import Testing

/// What is past its limits, and what is not, whatever the time is.
@Suite(.needsDatabase) struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private static let chat = SourceName("chat")!

    private static func store(_ world: World) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 1, applicationName: "sluice tests"), actor: "alice@desk")
    }

    private static func record(_ world: World, _ tenant: TenantID = World.tenantID) async throws -> TenantRecord {
        try #require(try await store(world).tenantRecord(tenant))
    }

    /// What is due, so many milliseconds after 1970: records of a test are stamped with their offsets.
    private static func due(
        _ world: World, at milliseconds: Int64, grace: Duration = .zero, tenant: TenantID = World.tenantID
    ) async throws -> [String] {
        let (store, tenant) = (store(world), try await record(world, tenant))
        let clock = RetentionClock(now: Timestamp(microsecondsSinceEpoch: milliseconds * 1000), grace: grace)
        var (found, window): ([DueDocument], DocumentWindow) = ([], .first)
        while let next = try await store.window(of: tenant, after: window) {
            found += try await store.due(tenant, in: next, clock)
            window = next
        }
        return found.map { "\($0.key.source.text)/\($0.key.subject.text) \($0.cause.rawValue)" }.sorted()
    }

    private static func set(_ world: World, _ rule: RetentionRule, source: SourceName? = nil) async throws {
        try await store(world).setRetention(rule, of: World.tenantID, source: source, reason: "policy 7")
    }

    /// A document as a generation makes it, with what its source says of it.
    private static func upsert(
        _ world: World, _ subject: String, at offset: Int64, source: SourceName = SourceName("wiki")!, modified: Int64? = nil, expires: Int64? = nil,
        sequence: Int64? = nil, isRead: Bool = true
    ) async throws {
        let name = Name(tenant: world.tenant, source: source, subject: Subject(subject)!)
        let moment = { (milliseconds: Int64) in Timestamp(microsecondsSinceEpoch: milliseconds * 1000) }
        let facts = DocumentFacts(container: nil, expiresAt: expires.map(moment))
        let version = world.version(offset, sequence: sequence, value: "\(subject) \(sequence ?? offset)")
        let body = Array("\(subject) \(offset)".utf8)
        let content = RenditionContent(
            contentDigest: SHA256.hash(body), title: nil, uri: nil, mediaType: "text/plain", language: nil, modifiedAt: modified.map(moment),
            metadata: Array("{}".utf8), body: body, chunks: [], terms: [], vectors: [], dimension: World.dimension)
        let fact = FactChange(name: name, version: version, statement: .exists(facts))
        guard isRead else {
            try await world.register(facts: [fact])
            return
        }
        try await world.index(
            facts: [fact], [RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content))])
    }

    @Test func `without a rule nothing is due, however old`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 1)
            #expect(try await Self.due(world, at: 40_000 * Self.day) == [])
        }
    }

    @Test func `age counts from when a document was modified, else from when it was published`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "published", at: 1000)
            try await Self.upsert(world, "modified early", at: 20 * Self.day, modified: 5000)
            try await Self.upsert(world, "modified late", at: 1001, modified: 15 * Self.day)
            try await Self.set(world, RetentionRule(ageDays: 10))
            #expect(try await Self.due(world, at: 10 * Self.day + 999) == [])
            #expect(try await Self.due(world, at: 10 * Self.day + 1000) == ["wiki/published age"])
            #expect(try await Self.due(world, at: 10 * Self.day + 5000) == ["wiki/modified early age", "wiki/published age"])
            #expect(try await Self.due(world, at: 25 * Self.day).contains("wiki/modified late age"))
        }
    }

    @Test func `a snapshot that names a version again makes it no younger`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "modified", at: 1000, modified: 5000, sequence: 7)
            try await Self.upsert(world, "published", at: 1001, sequence: 7)
            for (subject, offset) in [("modified", 20 * Self.day), ("published", 20 * Self.day + 1)] {
                let fact = world.exists(subject, world.version(offset, sequence: 7, value: "\(subject) 7"))
                try await world.register(facts: [FactChange(name: fact.name, version: fact.version, statement: fact.statement, isNamed: true)])
            }
            try await Self.set(world, RetentionRule(ageDays: 10, unseenDays: 10))
            #expect(try await Self.due(world, at: 10 * Self.day + 4999) == ["wiki/published age"])
            #expect(try await Self.due(world, at: 10 * Self.day + 5000) == ["wiki/modified age", "wiki/published age"])
            try await Self.set(world, RetentionRule(unseenDays: 10))
            #expect(try await Self.due(world, at: 30 * Self.day) == ["wiki/modified unseen"])
        }
    }

    @Test func `what is modified is told of the version in force alone`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 2000, modified: 1000)
            // A newer version that no generation has read yet: when it was published is all that is known of it.
            try await Self.upsert(world, "a", at: 20 * Self.day, modified: 20 * Self.day, isRead: false)
            try await Self.set(world, RetentionRule(ageDays: 10))
            #expect(try await Self.due(world, at: 30 * Self.day - 1) == [])
            #expect(try await Self.due(world, at: 30 * Self.day) == ["wiki/a age"])
        }
    }

    @Test func `unseen counts from the newest event`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 1, modified: 30 * Self.day)
            try await Self.upsert(world, "b", at: 2, modified: 1)
            try await Self.upsert(world, "b", at: 5 * Self.day, modified: 1)
            try await Self.set(world, RetentionRule(unseenDays: 10))
            #expect(try await Self.due(world, at: 10 * Self.day + 2) == ["wiki/a unseen"])
            #expect(try await Self.due(world, at: 15 * Self.day) == ["wiki/a unseen", "wiki/b unseen"])
        }
    }

    private static func tokens(_ world: World) async throws -> [String] {
        try await world.database.withSession { try $0.strings("select fact_token::text from document order by document_id") }
    }

    @Test func `a record that repeats the version in force is seen, whichever comes first, and changes nothing else`() async throws {
        try await World.with { world async throws in
            let again = 20 * Self.day
            for (subject, order) in [("in order", [1, again]), ("late", [again, 1]), ("twice", [1, again, again, 1])] {
                for offset in order { try await Self.upsert(world, subject, at: offset, sequence: 7, isRead: false) }
            }
            try await Self.upsert(world, "older", at: 1, sequence: 7, isRead: false)
            try await Self.upsert(world, "older", at: again, sequence: 6, isRead: false)
            try await Self.set(world, RetentionRule(unseenDays: 10))
            #expect(try await Self.due(world, at: 30 * Self.day - 1) == ["wiki/older unseen"])
            #expect(try await Self.due(world, at: 30 * Self.day).count == 4)
            let before = try await Self.tokens(world)
            try await Self.upsert(world, "in order", at: 25 * Self.day, sequence: 7, isRead: false)
            #expect(try await Self.tokens(world) == before)
            #expect(try await !Self.due(world, at: 35 * Self.day - 1).contains("wiki/in order unseen"))
            // A newer version is seen when it was published, and at no time before it.
            try await Self.upsert(world, "in order", at: 21 * Self.day, sequence: 8, isRead: false)
            #expect(try await Self.due(world, at: 31 * Self.day).contains("wiki/in order unseen"))
        }
    }

    @Test func `a source's own limit counts in place of the tenant's, each by itself, and of nobody else`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 1)
            try await Self.upsert(world, "b", at: 2, source: Self.chat)
            try await world.index(
                facts: [world.exists("c", world.version(3), tenant: world.other)], [world.content("c", world.version(3), "text", tenant: world.other)])
            try await Self.set(world, RetentionRule(ageDays: 100, unseenDays: 30))
            try await Self.set(world, RetentionRule(unseenDays: 60), source: Self.chat)
            #expect(try await Self.due(world, at: 31 * Self.day) == ["wiki/a unseen"])
            #expect(try await Self.due(world, at: 61 * Self.day) == ["chat/b unseen", "wiki/a unseen"])
            #expect(try await Self.due(world, at: 101 * Self.day) == ["chat/b age", "wiki/a age"])
            #expect(try await Self.due(world, at: 1000 * Self.day, tenant: World.otherID) == [])
            try await Self.set(world, RetentionRule(), source: Self.chat)
            #expect(try await Self.due(world, at: 31 * Self.day) == ["chat/b unseen", "wiki/a unseen"])
        }
    }

    @Test func `what is expired is due after a while, by the newest expiry alone, and what is deleted never is`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 1, expires: Self.day)
            try await Self.upsert(world, "extended", at: 2, expires: Self.day)
            try await Self.upsert(world, "extended", at: 3, expires: 90 * Self.day)
            try await Self.upsert(world, "deleted", at: 4, expires: Self.day)
            try await world.register(facts: [world.deleted("deleted", world.version(5, isDeletion: true))])
            #expect(try await Self.due(world, at: 8 * Self.day - 1, grace: .seconds(7 * 86_400)) == [])
            #expect(try await Self.due(world, at: 8 * Self.day, grace: .seconds(7 * 86_400)) == ["wiki/a expired"])
            try await Self.set(world, RetentionRule(ageDays: 1, unseenDays: 1))
            #expect(try await Self.due(world, at: 8 * Self.day) == ["wiki/a expired", "wiki/extended age"])
        }
    }

    @Test func `what is due is told with its version and place, and a later record is newer unless its sequence says otherwise`() async throws {
        try await World.with { world async throws in
            try await Self.upsert(world, "a", at: 10, sequence: 7)
            try await Self.upsert(world, "b", at: 11)
            try await Self.set(world, RetentionRule(ageDays: 1))
            let (store, tenant) = (Self.store(world), try await Self.record(world))
            let window = try #require(try await store.window(of: tenant, after: .first))
            let clock = RetentionClock(now: Timestamp(microsecondsSinceEpoch: 10 * Self.day * 1000), grace: .zero)
            let due = try await store.due(tenant, in: window, clock).sorted { $0.offset < $1.offset }
            let places = due.map { "\($0.topic) \($0.partition) \($0.offset) \($0.sequence?.description ?? "–")" }
            #expect(places == ["sluice.documents 0 10 7", "sluice.documents 0 11 –"])
            let (a, b) = (due[0], due[1])
            let incarnation = a.incarnation
            func isOlder(_ document: DueDocument, than sequence: Int64?, at offset: Int64, later: Int32 = 0) -> Bool {
                PendingDeletion(document, incarnation: incarnation + later, start: 0).isOlder(than: sequence.map(SequenceNumber.init), at: offset)
            }
            #expect(isOlder(a, than: 8, at: 20) && !isOlder(a, than: 7, at: 20) && !isOlder(a, than: 6, at: 20) && isOlder(a, than: nil, at: 20))
            #expect(!isOlder(a, than: 8, at: 10) && isOlder(a, than: 8, at: 10, later: 1) && !isOlder(a, than: 7, at: 10, later: 1))
            #expect(isOlder(b, than: nil, at: 12) && isOlder(b, than: 1, at: 12) && !isOlder(b, than: nil, at: 11) && isOlder(b, than: nil, at: 0, later: 1))
        }
    }

    @Test func `a rule is tried without being kept, and told to the audit when it is`() async throws {
        try await World.with { world async throws in
            let (store, tenant) = (Self.store(world), try await Self.record(world))
            for offset in 1...3 as ClosedRange<Int64> { try await Self.upsert(world, "d\(offset)", at: offset * Self.day) }
            let clock = RetentionClock(now: Timestamp(microsecondsSinceEpoch: 12 * Self.day * 1000), grace: .zero)
            #expect(try await store.preview(RetentionRule(ageDays: 10), of: tenant, source: nil, clock) == 2)
            #expect(try await store.preview(RetentionRule(ageDays: 10), of: tenant, source: Self.chat, clock) == 0)
            #expect(try await store.retentionRules(of: World.tenantID).isEmpty)
            try await Self.set(world, RetentionRule(ageDays: 10, unseenDays: 20))
            try await Self.set(world, RetentionRule(ageDays: 5), source: Self.chat)
            let rules = try await store.retentionRules(of: World.tenantID)
            #expect(
                rules.map { "\($0.source?.text ?? "–") \($0.rule.ageDays ?? 0) \($0.rule.unseenDays ?? 0) \($0.actor) \($0.reason)" } == [
                    "– 10 20 alice@desk policy 7", "chat 5 0 alice@desk policy 7",
                ])
            let lines = try await world.database.withSession {
                try $0.strings(
                    """
                    select concat_ws(' ', detail->>'source', detail->>'ageDays', detail->>'unseenDays', detail->>'reason') from audit_log
                    where action = 'tenant.retention' order by entry
                    """)
            }
            #expect(lines == ["10 20 policy 7", "chat 5 none policy 7"])
            #expect(try await store.verifyAudit().flaws == [])
        }
    }
}
