import Contract
import Index
import Postgres
import Testing

/// Who was shown what: written before it is shown, by each worker in a chain of its own, and proven whole.
@Suite(.needsDatabase) struct AnswerLogTests {
    private static let start: Int64 = 1_772_000_000_000_000

    private static func log(
        _ database: TestDatabase, textRetention: Duration? = nil, role: IndexRole = .retrieval, clock: Ticks = Ticks(start)
    ) -> AnswerLog {
        AnswerLog(
            pool: role.pool(url: database.url, connections: 1, applicationName: "sluice tests"), host: "desk", textRetention: textRetention,
            now: { clock.next() })
    }

    private static func store(_ database: TestDatabase) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: database.url, connections: 1, applicationName: "sluice tests"), actor: "auditor@desk")
    }

    private static func entry(
        _ number: Int, user: String = "user:alice", documents: [String] = ["leave"], groups: [String] = [], text: String? = nil
    ) -> AnswerEntry {
        AnswerEntry(
            query: QueryKey(tenant: World.tenantID, source: "assistant", id: "q\(number)"), kind: .query, user: Principal(user)!,
            groups: World.principals(groups), status: .ok, mode: .hybrid, generation: "g1",
            shown: documents.map {
                ShownDocument(source: "wiki", document: $0, spans: [0..<10, 20..<30], contentVersion: "7", permissionsVersion: "@0/\(number)")
            },
            text: text)
    }

    /// Two workers, one of which has ended in good order, and six answers.
    private static func withLog(_ body: (TestDatabase, AdministrationStore) async throws -> Void) async throws {
        try await TestDatabase.with { database async throws in
            let store = store(database)
            _ = try await store.createTenant(World.tenantID)
            for user in ["user:alice", "user:bob"] {
                let log = log(database)
                try await log.open()
                for number in 0..<3 { try await log.record([entry(number, user: user, documents: number == 2 ? ["other", "leave"] : ["leave"])]) }
                if user == "user:alice" { try await log.close() }
            }
            try await body(database, store)
        }
    }

    private static func answers(_ store: AdministrationStore, _ subject: AnswerSearch.Subject, since: Timestamp? = nil) async throws -> [AnswerRecord] {
        var found: [AnswerRecord] = []
        try await store.answers(AnswerSearch(tenant: World.tenantID, subject: subject, since: since, until: nil)) { found += $0 }
        return found
    }

    private static let leave = AnswerSearch.Subject.document(source: SourceName("wiki")!, document: Subject("leave")!)

    @Test func `who was shown a document, and what somebody was shown, are found in order`() async throws {
        try await Self.withLog { _, store async throws in
            let saw = try await Self.answers(store, Self.leave)
            #expect(saw.map(\.user).sorted() == Array(repeating: "user:alice", count: 3) + Array(repeating: "user:bob", count: 3))
            #expect(zip(saw, saw.dropFirst()).allSatisfy { $0.at <= $1.at })
            #expect(saw.first?.shown.first?.spans == [0..<10, 20..<30] && saw.first?.shown.first?.contentVersion == "7")
            let by = try await Self.answers(store, .user(Principal("user:bob")!))
            #expect(by.map { $0.member("id") } == ["q0", "q1", "q2"])
            #expect(by.last?.shown.map(\.document) == ["other", "leave"])
            #expect(try await Self.answers(store, .user(Principal("user:carol")!)).isEmpty)
            #expect(try await Self.answers(store, .document(source: SourceName("files")!, document: Subject("leave")!)).isEmpty)
            #expect(try await Self.answers(store, Self.leave, since: saw.last?.at).count <= 2)
        }
    }

    @Test func `reading the audit is itself a line of it`() async throws {
        try await Self.withLog { database, store async throws in
            _ = try await Self.answers(store, Self.leave)
            _ = try await Self.answers(store, .user(Principal("user:bob")!))
            _ = try await store.verifyAudits()
            let lines = try await database.withSession {
                try $0.strings("select concat_ws(' ', actor, action, detail->>'document', detail->>'user') from audit_log where entry > 1 order by entry")
            }
            #expect(lines == ["auditor@desk audit.saw wiki/leave", "auditor@desk audit.by user:bob", "auditor@desk audit.verify"])
        }
    }

    @Test func `a log that nobody touched is whole, and tells which worker ended in good order`() async throws {
        try await Self.withLog { _, store async throws in
            let verification = try await store.verifyAudits()
            #expect(verification.isWhole && verification.chains.map(\.name).first == "admin")
            #expect(verification.chains.dropFirst().map(\.lines).sorted() == [4, 5])
            #expect(verification.chains.dropFirst().filter(\.isClosed).count == 1)
            #expect(try await store.verifyAudits().isWhole)
        }
    }

    @Test(arguments: [
        ("update answer_log set asker = 'user:eve' where entry = 2", AuditFlaw.Kind.altered),
        ("update answer_log set tenant = 'rival' where entry = 2", .altered),
        ("update answer_log set documents = '{1}' where entry = 2", .altered),
        ("update answer_log set detail = replace(detail, 'leave', 'lunch') where entry = 2", .altered),
        ("update answer_log set at = at + interval '1 microsecond' where entry = 2", .altered),
        ("update answer_log set hash = sha256(hash) where entry = 2", .altered),
        ("update answer_log set previous_hash = sha256(hash) where entry = 2", .unlinked), ("delete from answer_log where entry = 2", .missing),
        ("delete from answer_log where entry = 1", .missing),
        ("update answer_log set entry = -entry where entry in (2, 3); update answer_log set entry = 5 + entry where entry < 0", .unlinked),
    ])
    func `a line that was altered, taken out or moved is found and named`(change: String, kind: AuditFlaw.Kind) async throws {
        try await Self.withLog { database, store async throws in
            try await database.withSession { try $0.executeScript(change) }
            let verification = try await store.verifyAudits()
            for chain in verification.chains.dropFirst() {
                #expect(chain.flaws.contains { $0.kind == kind && (1...3).contains($0.entry) }, "\(change): \(chain.flaws)")
            }
            #expect(!verification.isWhole)
        }
    }

    @Test func `lines cut off an end are missed once a verification has seen them, and so is a whole chain`() async throws {
        try await Self.withLog { database, store async throws in
            let first = try await store.verifyAudits()
            try await database.withSession { try $0.executeScript("delete from answer_log where entry > 3") }
            let second = try await store.verifyAudits()
            #expect(second.chains.dropFirst().allSatisfy { $0.flaws == [AuditFlaw(entry: 4, kind: .missing)] })
            try await database.withSession { try $0.executeScript("delete from answer_log") }
            let third = try await store.verifyAudits()
            #expect(third.chains.count == 3 && third.chains.dropFirst().allSatisfy { $0.flaws.first == AuditFlaw(entry: 1, kind: .missing) })
            // Who kept the heads elsewhere misses them even if the admins' chain was written anew.
            try await database.withSession { try $0.executeScript("delete from audit_log") }
            #expect(try await store.verifyAudits().isWhole)
            let known = Dictionary(uniqueKeysWithValues: first.chains.map { ($0.name, [$0.head].compactMap(\.self)) })
            #expect(try await store.verifyAudits(known: known).chains.allSatisfy { !$0.flaws.isEmpty })
        }
    }

    @Test func `lines cut off under a working worker are missed as soon as it writes again`() async throws {
        try await TestDatabase.with { database async throws in
            let log = Self.log(database)
            for number in 0..<3 { try await log.record([Self.entry(number)]) }
            try await database.withSession { try $0.executeScript("delete from answer_log where entry > 2") }
            try await log.record([Self.entry(3)])
            #expect(try await Self.store(database).verifyAudits().chains.last?.flaws == [AuditFlaw(entry: 3, kind: .missing)])
        }
    }

    @Test func `answers that wait together are one transaction, and each is a line`() async throws {
        try await TestDatabase.with { database async throws in
            let log = Self.log(database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 { group.addTask { try await log.record([Self.entry(number)]) } }
                try await group.waitForAll()
            }
            let verification = try await Self.store(database).verifyAudits()
            #expect(verification.isWhole && verification.chains.last?.lines == 201)
            let (ids, transactions) = try await database.withSession {
                (
                    try $0.query("select count(distinct detail::jsonb->>'id') from answer_log").int64(0, 0),
                    try $0.query("select count(distinct xmin::text) from answer_log").int64(0, 0)
                )
            }
            #expect(ids == 200 && transactions < 200)
        }
    }

    @Test func `workers side by side wait for nobody, and an answer the log cannot take is refused`() async throws {
        try await TestDatabase.with { database async throws in
            let (one, other) = (Self.log(database), Self.log(database))
            try await one.open()
            try await other.open()
            try await one.record([Self.entry(1)])
            try await database.withSession { try $0.executeScript("alter table answer_log rename to answer_log_away") }
            await #expect(throws: PostgresError.self) { try await one.record([Self.entry(2)]) }
            try await database.withSession { try $0.executeScript("alter table answer_log_away rename to answer_log") }
            // It goes on in a new chain, which names the last line that is certain.
            try await one.record([Self.entry(2)])
            try await other.record([Self.entry(3)])
            let verification = try await Self.store(database).verifyAudits()
            #expect(verification.isWhole && verification.chains.count == 4)
            let after = try await database.withSession {
                try $0.strings("select a.detail::jsonb->>'entry' from answer_log a where a.entry = 1 and a.detail::jsonb ? 'after'")
            }
            #expect(after == ["2"])
            // So lines cut off the chain before it are missed without any verification in between.
            try await database.withSession {
                try $0.executeScript(
                    "delete from answer_log l using answer_log a where a.entry = 1 and a.detail::jsonb->>'after' = l.chain and l.entry = 2")
            }
            #expect(try await !Self.store(database).verifyAudits().isWhole)
        }
    }

    @Test func `the role that answers can only add to the log`() async throws {
        try await Self.withLog { database, _ async throws in
            for statement in [
                "select * from answer_log", "update answer_log set asker = 'user:eve'", "delete from answer_log", "truncate answer_log",
                "select * from answer_text",
                "delete from answer_text", "insert into audit_log (chain, entry, actor, action, previous_hash, hash) values ('admin', 99, '', '', '', '')",
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.withSession(as: IndexRole.retrieval.rawValue) { _ = try $0.query(statement) }
                }
                #expect(error?.sqlState == "42501", "\(statement)")
            }
            for statement in ["update answer_log set asker = 'user:eve'", "delete from answer_log", "update answer_text set query_text = ''"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.withSession(as: IndexRole.admin.rawValue) { _ = try $0.query(statement) }
                }
                #expect(error?.sqlState == "42501", "\(statement)")
            }
        }
    }

    @Test func `what was asked is kept only where it is wanted, and erased without harm to the chain`() async throws {
        try await TestDatabase.with { database async throws in
            let store = Self.store(database)
            let silent = Self.log(database)
            try await silent.record([Self.entry(1, text: "a secret plan")])
            // Long since past its time, and kept for centuries.
            let (brief, long) = (Self.log(database, textRetention: .seconds(1)), Self.log(database, textRetention: .seconds(10_000_000_000)))
            try await brief.record([Self.entry(2, text: "an old question")])
            try await long.record([Self.entry(3, text: "a new question")])
            let found = try await database.withSession {
                try $0.query("select count(*) from answer_log where detail like '%question%' or detail like '%secret%'").int64(0, 0)
            }
            #expect(found == 0)
            #expect(try await Self.answers(store, Self.leave).map { $0.text ?? "–" }.sorted() == ["a new question", "–", "–"])
            #expect(try await store.verifyAudits().isWhole)
            #expect(try await store.eraseExpiredTexts() == 1)
            #expect(try await store.verifyAudits().isWhole)
            #expect(try await store.eraseExpiredTexts() == 0)
            try await database.withSession { try $0.executeScript("update answer_text set query_text = 'another question'") }
            let flaws = try await store.verifyAudits().chains.flatMap(\.flaws)
            #expect(flaws == [AuditFlaw(entry: 2, kind: .altered)])
        }
    }
}

/// A clock that ticks a microsecond at each look.
final class Ticks: Sendable {
    private let time: Told<Int64>

    init(_ start: Int64) {
        time = Told()
        time.tell(start)
    }

    func next() -> Timestamp {
        let now = (try? time.heard) ?? 0
        time.tell(now + 1)
        return Timestamp(microsecondsSinceEpoch: now)
    }
}
