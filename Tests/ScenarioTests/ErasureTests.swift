import Contract
import Foundation
import Kafka
import Postgres
import Testing

/// Two seeded words, one that a document and one that a person is made of, looked for in every table and topic.
extension ScenarioTests {
    @Test func `what is erased is nowhere that says gone, and no replay brings it back`() async throws {
        let workers = try #require(Workers.running)
        let seed = String(UInt64.random(in: 0 ... .max), radix: 36)
        let trial = ErasureTrial(workers: workers, document: "zeugma\(seed)", person: "litotes\(seed)")
        try await trial.seed()
        #expect(try await trial.tables(with: trial.document).count > 5)
        let described = try await trial.sluice(["--document", trial.name, "--dry-run"])
        #expect(described.status == 0 && described.text.contains("dry run: nothing was done"), "\(described.text)")

        // The document.
        let erased = try await trial.sluice(["--document", trial.name, "--reason", "asked to", "--yes"])
        let first = try await trial.receipt()
        #expect(erased.status == (first.failed.isEmpty ? 0 : 1), "\(erased.text)")
        // What somebody asked who was not shown it.
        #expect(try await trial.tables(with: trial.document) == ["answer_text"], "\(erased.text)")
        #expect(first.failed.allSatisfy { $0.hasPrefix("topic ") } && first.places.contains("table answer_text, other questions"), "\(erased.text)")
        for topic in try await trial.topics(with: trial.document) {
            #expect(!first.gone.contains("topic \(topic)") && first.places.contains("topic \(topic)"), "\(topic)")
        }
        try await trial.replay()
        #expect(try await trial.tables(with: trial.document) == ["answer_text"])
        #expect(try await trial.sluice(["list", "--tenant", workers.tenant]).text.contains("document"))
        #expect(try await trial.sluice(["show", try await trial.number()]).text.contains("table chunk"))
        let checked = try await trial.sluice(["check", try await trial.number()])
        #expect(try await trial.receipt().places == first.places, "\(checked.text)")

        // The person, whom a group names that only its source can change.
        _ = try await trial.sluice(["--subject", "user:\(trial.person)", "--reason", "asked to", "--yes"])
        #expect(try await trial.receipt().failed.contains("groups in force"))
        #expect(Set(try await trial.tables(with: trial.person)) == ["access_change", "group_member"])
        #expect(try await trial.told(trial.group([])) == "applied")
        _ = try await trial.sluice(["--subject", "user:\(trial.person)", "--reason", "asked to", "--yes"])
        let last = try await trial.receipt()
        #expect(try await trial.tables(with: trial.person) == [])
        // It went with the one who asked.
        #expect(try await trial.tables(with: trial.document) == [])
        for topic in try await trial.topics(with: trial.person) {
            #expect(!last.gone.contains("topic \(topic)") && last.places.contains("topic \(topic)"), "\(topic)")
        }
        let verified = try await workers.program.output(["audit", "verify"])
        #expect(verified.status == 0 && verified.text.contains("lost what they said"), "\(verified.text)")

        // Something newer of the same name.
        #expect(try await trial.told(trial.upsert(["text": "another", "mediaType": "text/plain"])) == "indexed")
        #expect(try await trial.tables(with: trial.document).contains("document"))
    }
}

private struct ErasureTrial {
    let workers: Workers
    let document: String
    let person: String
    private let source = "erasure"

    init(workers: Workers, document: String, person: String) {
        (self.workers, self.document, self.person) = (workers, document, person)
    }

    var name: String { "\(source)/\(document)" }

    func upsert(_ data: [String: Any]) -> KafkaMessage {
        .event(.documents, .documentUpserted, data, workers.tenant, source, document, id: UUID().uuidString)
    }

    func group(_ members: [String]) -> KafkaMessage {
        .event(.memberships, .groupChanged, ["members": members], workers.tenant, source, "team-\(UInt64.max)", id: UUID().uuidString)
    }

    /// The two words in texts, names, lists, groups, questions, answers, dead letters and the admins' log.
    func seed() async throws {
        let list: [String: Any] = ["allow": ["everyone"], "deny": ["user:\(person)"]]
        #expect(try await told(.event(.permissions, .permissionsChanged, list, workers.tenant, source, document, id: UUID().uuidString)) == "applied")
        #expect(try await told(group(["user:\(person)"])) == "applied")
        let data: [String: Any] = ["text": "here is \(document)", "title": document, "mediaType": "text/plain", "metadata": ["tag": document]]
        #expect(try await told(upsert(data)) == "indexed")
        // A record of it that cannot be read.
        #expect(try await told(upsert(["text": document, "base64": "eA=="])) == "rejected")
        for user in [person, "alice"] {
            let id = UUID().uuidString
            _ = try await workers.producer.send(
                .search("where is \(document)", user: user, groups: [], tenant: workers.tenant, source: source, id: id))
            #expect(try await workers.mailbox.read(.result(id))["status"]?.string == "ok")
        }
        _ = try await workers.program.output(["trace", "\(workers.tenant)/\(name)"])
        _ = try await workers.program.output(["audit", "by", "user:\(person)", "--tenant", workers.tenant])
    }

    /// - Returns: the record's outcome.
    func told(_ message: KafkaMessage) async throws -> String {
        let (partition, offset) = try await workers.producer.send(message)
        return try await workers.mailbox.read(.outcome(topic: message.topic, partition: partition, offset: offset))["outcome"]?.string ?? ""
    }

    // MARK: the command

    func sluice(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        let isAction = !(arguments.first?.hasPrefix("--") ?? false)
        return try await workers.program.output(["erase"] + arguments + (isAction ? [] : ["--tenant", workers.tenant]))
    }

    func number() async throws -> String { try await strings("select max(erasure_id)::text from sluice.erasure")[0] }

    struct Receipt {
        let places: Set<String>
        let gone: Set<String>
        let failed: Set<String>
    }

    /// The newest.
    func receipt() async throws -> Receipt {
        func places(_ state: String) async throws -> Set<String> {
            Set(
                try await strings(
                    """
                    select p->>'place' from sluice.erasure e, jsonb_array_elements(e.receipt->'places') p
                    where e.erasure_id = (select max(erasure_id) from sluice.erasure) and p->>'state' like '\(state)'
                    """))
        }
        return Receipt(places: try await places("%"), gone: try await places("gone"), failed: try await places("failed"))
    }

    /// A generation made anew, from the beginning of the topic past the tombstones.
    func replay() async throws {
        let generation = "erasure_\(UInt32.random(in: 0 ... .max))"
        let process = try workers.program.start(["ingest", "--no-registrar"], settings: ["SLUICE_GENERATION": generation]) { _ in }
        let behind = """
            select a.partition::text from sluice.applied_position a
            left join sluice.applied_position g on g.consumer_group = 'sluice-ingest-\(generation)' and g.incarnation_id = a.incarnation_id
                and g.partition = a.partition
            join sluice.topic_incarnation i on i.incarnation_id = a.incarnation_id
            where a.consumer_group = 'sluice-registrar' and i.topic = 'sluice.documents' and a.next_offset > coalesce(g.next_offset, 0)
            """
        while try await !strings(behind).isEmpty { try #require(process.isRunning, "\(process.lastWords)") }
        await process.stop()
    }

    // MARK: looking

    /// The tables of which a row holds the word, as text or as bytes.
    func tables(with word: String) async throws -> [String] {
        let hex = word.utf8.map { String($0, radix: 16) }.joined()
        var found: [String] = []
        for table in try await strings("select tablename from pg_tables where schemaname = 'sluice' order by 1") {
            let rows = try await strings("select 'x' from sluice.\(table) t where t::text ilike '%\(word)%' or t::text ilike '%\(hex)%' limit 1")
            if !rows.isEmpty { found.append(table) }
        }
        return found
    }

    /// The topics of which a record holds the word, in key, value or a header.
    func topics(with word: String) async throws -> Set<String> {
        let kafka = KafkaConfiguration(bootstrapServers: Workers.environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] ?? "", clientID: "sluice-scenarios")
        let names = try await KafkaAdmin(configuration: kafka).topics().keys.filter { $0.hasPrefix("sluice.") }
        let reader = try KafkaReader(configuration: kafka)
        var found: Set<String> = []
        for name in names {
            for (partition, extent) in try await reader.extents(of: name) where !extent.isEmpty {
                try await reader.start(at: [partition: extent.lowerBound])
                var isAtEnd = false
                while !isAtEnd {
                    let poll = try await reader.pollToEnd(maxRecords: 1000, maxBytes: 8 << 20, timeoutMilliseconds: 200)
                    for record in poll.records where record.holds(word) { found.insert(name) }
                    isAtEnd = poll.isAtEnd
                }
            }
        }
        await reader.close()
        return found
    }

    func strings(_ sql: String) async throws -> [String] {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: workers.databaseURL, applicationName: "sluice scenarios"))
        let strings = try await connection.withSession { session in
            let rows = try session.execute(Statement("test", sql, planning: .perUse))
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
        await connection.close()
        return strings
    }
}

extension KafkaRecord {
    fileprivate func holds(_ word: String) -> Bool {
        let parts = [key, value] + headers.flatMap { [$0.name, $0.value] }
        return parts.contains { $0?.contains(Array(word.utf8)) ?? false }
    }
}
