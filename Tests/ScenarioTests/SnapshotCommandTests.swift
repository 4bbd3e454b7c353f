import Contract
import Foundation
import Kafka
import Postgres
import Testing

/// Snapshots through the workers, and what admins see and say of them. Beside the tables, with the workers of these.
extension ScenarioTests {
    @Test func `what is no longer in a folder goes with its next snapshot`() async throws {
        let source = try SnapshotSource("folder")
        defer { source.remove() }
        for number in 0..<10 { try source.write("d\(number).txt", "words \(number)") }
        #expect(try await source.publish().status == 0)
        for name in ["d3.txt", "d7.txt"] { source.delete(name) }
        try source.write("new.txt", "new words")
        let run = try await source.publish("--snapshot")
        #expect(run.status == 0 && run.text.contains("\n2 documents that are not in the snapshot deleted\n"), "\(run.text)")
        #expect(try await source.existing() == ["d0", "d1", "d2", "d4", "d5", "d6", "d8", "d9", "new"].map { "\($0).txt" })
        // Nothing is left of what they were made into.
        let left = try await source.strings("select d.subject from document d join rendition_content c using (tenant_id, document_id) where d.fact = 2")
        #expect(left == [])
        let again = try await source.publish("--snapshot")
        #expect(again.status == 0 && again.text.contains("\n0 documents that are not in the snapshot deleted\n"), "\(again.text)")
        #expect(try await source.list().isEmpty)
        #expect(try await source.list("--all").map { $0["deleted"]?.integer } == [0, 2])
    }

    @Test(arguments: ["reject", "approve"])
    func `a snapshot that deletes too much waits, and an admin decides`(ruling: String) async throws {
        let source = try SnapshotSource(ruling)
        defer { source.remove() }
        for number in 0..<4 { try source.write("d\(number).txt", "words \(number)") }
        #expect(try await source.publish().status == 0)
        for number in 0..<3 { source.delete("d\(number).txt") }
        let run = try await source.publish("--snapshot")
        #expect(run.status == 1 && run.text.contains("nothing deleted yet: 3 documents would be"), "\(run.text)")
        #expect(try await source.existing().count == 4)
        let waiting = try #require(try await source.list().first)
        let name = source.name(try #require(waiting["snapshot"]?.string))
        #expect(waiting["state"]?.string == "waiting" && waiting["absent"]?.integer == 3 && waiting["existing"]?.integer == 4, "\(waiting)")
        let shown = try await source.sluice(["snapshot", "show", name])
        #expect(shown.status == 0 && shown.text.contains("it does not name\n    d0.txt\n    d1.txt\n    d2.txt\n"), "\(shown.text)")

        // Nothing unasked, nothing without a reason, nothing of another snapshot.
        #expect(try await source.sluice(["snapshot", ruling, name, "--reason", "why"]).status == 2)
        #expect(try await source.sluice(["snapshot", ruling, name, "--yes"]).status == 2)
        let dry = try await source.sluice(["snapshot", ruling, name, "--reason", "why", "--dry-run"])
        #expect(dry.status == 0 && dry.text.contains("dry run: nothing was done"), "\(dry.text)")
        #expect(try await source.sluice(["snapshot", ruling, "\(name)x", "--reason", "why", "--yes"]).text.contains("there is no snapshot"))
        #expect(try await source.list().first?["state"]?.string == "waiting")

        let done = try await source.sluice(["snapshot", ruling, name, "--reason", "asked \(ruling)", "--yes"])
        #expect(done.status == 0, "\(done.text)")
        try await source.until { try await source.list().isEmpty }
        let again = try await source.sluice(["snapshot", ruling, name, "--reason", "why", "--yes"])
        #expect(again.status == 1 && again.text.contains("nothing was done"), "\(again.text)")
        #expect(try await source.existing() == (ruling == "approve" ? ["d3.txt"] : ["d0.txt", "d1.txt", "d2.txt", "d3.txt"]))
        let audited = try await source.strings(
            "select action || ' ' || (detail ->> 'reason') || ' ' || (detail ->> 'documents') from audit_log where detail ->> 'source' = '\(source.source)'")
        #expect(audited == ["snapshot.\(ruling) asked \(ruling) 3"])
    }

    @Test func `an incomplete snapshot says what is missing, and can be given up`() async throws {
        let source = try SnapshotSource("incomplete")
        defer { source.remove() }
        for name in ["a.txt", "b.txt"] { try source.write(name, "words") }
        #expect(try await source.publish().status == 0)
        try await source.send(.documentUpserted, "a.txt", #"{"text": "words"}"#, snapshot: "s1")
        try await source.send(.snapshotClosed, "", #"{"count": 3}"#, snapshot: "s1")
        try await source.until { try await source.list().first?["situation"]?.string == "2 of 3 documents are missing" }
        let table = try await source.sluice(["snapshot", "list", "--source", source.source])
        #expect(table.text.contains("\(source.name("s1"))  open ") && table.text.contains("2 of 3 documents are missing"), "\(table.text)")
        // One that says less than it names is wrong as well.
        try await source.send(.snapshotClosed, "", #"{"count": 0}"#, snapshot: "s1")
        try await source.until {
            try await source.list().first?["situation"]?.string == "1 documents more than the 0 it says: count or name is wrong"
        }
        #expect(try await source.sluice(["snapshot", "approve", source.name("s1"), "--reason", "why", "--yes"]).status == 1)
        #expect(try await source.sluice(["snapshot", "cancel", source.name("s1"), "--reason", "given up", "--yes"]).status == 0)
        let unsettled = "select name from source_snapshot where source = '\(source.source)' and settled_at is null"
        try await source.until { try await source.strings(unsettled).isEmpty }
        #expect(try await source.existing() == ["a.txt", "b.txt"])
        // Both closing events have ended.
        let ends = try await source.strings(
            "select outcome from outcome where record_key = convert_to('\(source.tenant)/\(source.source)/', 'UTF8') order by record_offset")
        #expect(ends == ["superseded", "superseded"])
    }
}

/// A source of a folder, with the workers that run.
private struct SnapshotSource {
    private let workers: Workers
    private let path: String
    let source: String

    var tenant: String { workers.tenant }

    init(_ name: String) throws {
        workers = try #require(Workers.running)
        source = "snapshots-\(name)"
        path = FileManager.default.temporaryDirectory.appending(path: "sluice-snapshot-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws { try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
    func delete(_ name: String) { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    func remove() { try? FileManager.default.removeItem(atPath: path) }
    func name(_ snapshot: String) -> String { "\(tenant)/\(source)/\(snapshot)" }

    func sluice(_ arguments: [String]) async throws -> (status: Int32, text: String) { try await workers.program.output(arguments) }

    func publish(_ options: String...) async throws -> (status: Int32, text: String) {
        try await sluice(["publish", path, "--tenant", tenant, "--source", source] + options)
    }

    func list(_ options: String...) async throws -> [JSON] {
        let run = try await sluice(["snapshot", "list", "--json", "--tenant", tenant, "--source", source] + options)
        return run.text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }
    }

    func send(_ type: EventType, _ subject: String, _ json: String, snapshot: String) async throws {
        let headers = [("ce_specversion", "1.0"), ("ce_id", UUID().uuidString), ("ce_type", type.rawValue), ("ce_snapshot", snapshot)]
        _ = try await workers.producer.send(
            KafkaMessage(
                topic: InputTopic.documents.rawValue, key: Array("\(tenant)/\(source)/\(subject)".utf8), value: Array(json.utf8),
                headers: headers.map { KafkaHeader(name: $0, value: $1) }))
    }

    func existing() async throws -> [String] { try await strings("select subject from document where source = '\(source)' and fact = 1 order by subject") }

    func strings(_ sql: String) async throws -> [String] {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: workers.databaseURL, applicationName: "sluice scenarios", settings: ["search_path": "sluice, public"]))
        let strings = try await connection.withSession { session in
            let rows = try session.execute(Statement("test", sql, planning: .perUse))
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
        await connection.close()
        return strings
    }

    /// Looks until it holds; the workers' own limit ends it.
    func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() { try await Task.sleep(for: .milliseconds(50)) }
    }
}
