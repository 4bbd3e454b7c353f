import Contract
import Foundation
import Glibc
import Index
import Kafka
import Postgres
import Testing
import Transport

/// A broker shared with other tests, a database of its own, and `sluice` as it was built with the tests.
struct Fleet: Sendable {
    struct Run: Sendable {
        let status: Int32
        /// Standard output and standard error.
        let text: String
    }

    static let environment = ProcessInfo.processInfo.environment
    static var isPossible: Bool { environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] != nil && environment["SLUICE_DATABASE_URL"] != nil }

    let kafka: KafkaConfiguration
    let producer: KafkaProducer
    let url: String
    /// Nobody else's, so that nobody else's letters are seen.
    let tenant = TenantID("letters-\(String(UInt64.random(in: 0 ... .max), radix: 36))")!

    static func with(_ body: (Fleet) async throws -> Void) async throws {
        let server = try #require(environment["SLUICE_DATABASE_URL"])
        let name = "sluice_letters_\(UInt64.random(in: 0 ... .max))"
        var location = try #require(URLComponents(string: server))
        location.path = "/\(name)"
        let kafka = KafkaConfiguration(bootstrapServers: environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] ?? "", clientID: "sluice-tests")
        let fleet = Fleet(kafka: kafka, producer: try KafkaProducer(configuration: kafka), url: try #require(location.string))
        try await execute("create database \(name)", server)
        let result: Result<Void, any Error>
        do {
            for arguments in [["migrate"], ["topics", "apply"]] { #expect(try await fleet.sluice(arguments).status == 0) }
            result = .success(try await body(fleet))
        } catch {
            result = .failure(error)
        }
        await fleet.producer.close()
        try await execute("drop database \(name) with (force)", server)
        try result.get()
    }

    /// Runs `sluice` to its end; nobody sits at a terminal.
    func sluice(_ arguments: [String], settings: [String: String] = [:]) async throws -> Run {
        let process = try start(arguments, settings: settings)
        await process.ended()
        return Run(status: process.status, text: process.text)
    }

    /// Starts `sluice`.
    ///
    /// - Parameter settings: instead of the usual ones; an empty one is none.
    func start(_ arguments: [String], settings: [String: String] = [:]) throws -> FleetProcess {
        var environment = Self.environment.filter { !$0.key.hasPrefix("SLUICE_") || $0.key.hasPrefix("SLUICE_KAFKA_") }
        environment.merge(["SLUICE_DATABASE_URL": url, "SLUICE_EMBEDDING": "stub", "SLUICE_CREDENTIALS": "trusted", "SWIFT_BACKTRACE": "enable=no"]) { $1 }
        environment = environment.merging(settings) { $1 }.filter { !$0.value.isEmpty }
        return try FleetProcess(arguments, environment)
    }

    /// With workers, both kinds unless told; what they answer, they do when they are ready.
    func withWorkers<Result>(
        _ commands: [[String]] = [["ingest"], ["retrieve"]], settings: [String: String] = [:], _ body: () async throws -> Result
    ) async throws -> Result {
        let generation = "sluice-ingest-\(settings["SLUICE_GENERATION"] ?? "g1")"
        let workers = try commands.map { command in
            let ingestion = command.contains("--no-registrar") ? [generation] : ["sluice-registrar", generation]
            let groups = command.first == "retrieve" ? ["sluice-retrieval"] : ingestion
            return (process: try start(command, settings: settings), groups: groups)
        }
        let result: Swift.Result<Result, any Error>
        do {
            for worker in workers { try await worker.process.joins(worker.groups) }
            let value = try await body()
            // The embedded broker keeps a member for ever that ends while its group forms; a promotion has them all join anew, once they have learnt of it.
            while try await !strings("select '' from sluice.generation where retired_at > now() - interval '12 s'").isEmpty {
                try await Task.sleep(for: .milliseconds(200))
            }
            for worker in workers { try await worker.process.joins(worker.groups) }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        for worker in workers.map(\.process) {
            worker.terminate()
            await worker.ended()
            #expect(worker.status == 0, "\(worker.text.suffix(2000))")
        }
        return try result.get()
    }

    var administration: AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: url, connections: 1, applicationName: "sluice tests"))
    }

    /// This database, as the stack's login that is a member of `sluice_admin` alone.
    func adminURL() throws -> String {
        let admin = try #require(Self.environment["SLUICE_DATABASE_ADMIN_URL"])
        var login = try #require(URLComponents(string: admin))
        login.path = URLComponents(string: url)?.path ?? ""
        return try #require(login.string)
    }

    func maintenanceLock() async throws -> MaintenanceLock? { try await MaintenanceLock.acquire(url: url) }

    /// Buries a record as a worker does.
    /// - Returns: the letter's name.
    func bury(
        _ topic: InputTopic, _ subject: String, offset: Int64, code: RejectionCode, key: [UInt8]? = nil, value: String? = nil, timestamp: Int64? = nil
    ) async throws -> LetterID {
        let record = InboundRecord(
            position: RecordPosition(topic: topic.rawValue, partition: 1, offset: offset), timestampMilliseconds: 0,
            key: key ?? Array("\(tenant)/wiki/\(subject)".utf8), value: Array((value ?? "value of \(subject)").utf8),
            headers: [RecordHeader("ce_id", subject), RecordHeader(name: [0xFF], value: nil)])
        let letter = DeadLetter(record: record, group: "sluice-registrar", deliveryCount: 1, rejection: Rejection(code, .envelope, "why"))
        var message = KafkaMessage(letter.outbound)
        message.timestampMilliseconds = timestamp
        let place = try await producer.send(message)
        return LetterID(partition: place.partition, offset: place.offset)
    }

    /// What was redriven for this tenant, as a worker reads it, once there are so many.
    func redriven(_ count: Int) async throws -> [(record: InboundRecord, incarnation: Int32)] {
        let reader = try KafkaReader(configuration: kafka)
        let topic = InputTopic.redrive.rawValue
        try await reader.start(at: Dictionary(uniqueKeysWithValues: try await reader.extents(of: topic).keys.map { ($0, 0) }))
        var found: [(record: InboundRecord, incarnation: Int32)] = []
        while found.count < count {
            for record in try await reader.poll(maxRecords: 1000, timeoutMilliseconds: 200) {
                guard let back = Redrive.original(of: InboundRecord(record)), back.record.key?.starts(with: "\(tenant)/".utf8) == true else { continue }
                found.append(back)
            }
        }
        await reader.close()
        return found
    }

    /// How many stand on the redrive topic for this tenant at present.
    func redrivenCount() async throws -> Int { try await records(of: InputTopic.redrive.rawValue).count }

    /// What stands on a topic at present under this tenant's keys, each partition in its order.
    func records(of topic: String) async throws -> [KafkaRecord] {
        let reader = try KafkaReader(configuration: kafka)
        var records: [KafkaRecord] = []
        for (partition, extent) in try await reader.extents(of: topic) where !extent.isEmpty {
            try await reader.start(at: [partition: extent.lowerBound])
            var isAtEnd = false
            while !isAtEnd {
                let poll = try await reader.pollToEnd(maxRecords: 1000, maxBytes: 8 << 20, timeoutMilliseconds: 200)
                records += poll.records.filter { $0.key?.starts(with: "\(tenant)/".utf8) == true }
                isAtEnd = poll.isAtEnd
            }
        }
        await reader.close()
        return records
    }

    /// Publishes a record of a document or its entry, which nobody need read.
    func state(_ subject: String, on topic: String, sequence: Int?) async throws {
        let type: EventType = InputTopicName(topic)?.topic == .permissions ? .permissionsChanged : .documentUpserted
        let attributes = [("ce_specversion", "1.0"), ("ce_type", type.rawValue), ("ce_id", topic), ("content-type", "application/json")]
        let headers = attributes + (sequence.map { [("ce_sequence", String($0))] } ?? [])
        let data = type == .permissionsChanged ? #"{"allow": ["group:okta/hr"]}"# : #"{"text": "here"}"#
        _ = try await producer.send(
            KafkaMessage(
                topic: topic, key: Array("\(tenant)/wiki/\(subject)".utf8), value: Array(data.utf8),
                headers: headers.map { KafkaHeader(name: $0.0, value: $0.1) }))
    }

    /// Stands in for a registrar that has applied whatever was redriven, or stands on another topic.
    func passRegistrar(_ topic: InputTopic = .redrive) async throws { try await passRegistrar(topic.rawValue) }

    func passRegistrar(_ topic: String) async throws {
        try await Self.execute(
            """
            insert into sluice.applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
            select 'sluice-registrar', incarnation_id, partition, 1000000000, 1
            from sluice.topic_incarnation, generate_series(0, 63) as partition where topic = '\(topic)'
            """, url)
    }

    func strings(_ sql: String) async throws -> [String] {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice tests"))
        let strings = try await connection.withSession { session in
            let rows = try session.execute(Statement("test", sql, planning: .perUse))
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
        await connection.close()
        return strings
    }

    static func execute(_ sql: String, _ url: String) async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice tests"))
        try await connection.withSession { try $0.executeScript(sql) }
        await connection.close()
    }

    func verifyAudit() async throws -> [AuditFlaw] {
        try await administration.verifyAudit().flaws
    }
}

/// `sluice` on its way.
///
/// `@unchecked`: of `Process` only its state is read and signals sent, which Foundation locks.
final class FleetProcess: @unchecked Sendable {
    private let process = Process()
    private let log: URL
    private let end = AsyncStream<Void>.makeStream()

    fileprivate init(_ arguments: [String], _ environment: [String: String]) throws {
        log = FileManager.default.temporaryDirectory.appending(path: "sluice-fleet-\(UUID()).log")
        try #require(FileManager.default.createFile(atPath: log.path, contents: nil))
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        process.executableURL = URL(filePath: tests).deletingLastPathComponent().appending(path: "sluice")
        process.arguments = arguments
        process.environment = environment
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        process.terminationHandler = { [end] _ in end.continuation.finish() }
        try process.run()
    }

    deinit {
        try? FileManager.default.removeItem(at: log)
    }

    var status: Int32 { process.terminationStatus }
    var isRunning: Bool { process.isRunning }

    /// Standard output and standard error so far.
    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Until it has partitions in each of these consumer groups, and has not lost them since.
    func joins(_ groups: [String]) async throws {
        func isIn(_ group: String) -> Bool {
            let changes = text.split(separator: "\n").filter { $0.contains("\"message\":\"partitions ") && $0.contains("\"consumer_group\":\"\(group)\"") }
            return changes.reduce(0) { held, line in
                let count = (try? JSON.parse(Array(line.utf8)))?["count"]?.integer ?? 0
                return line.contains("partitions assigned") ? held + count : held - count
            } > 0
        }
        while !groups.allSatisfy(isIn) {
            try #require(process.isRunning, "\(text.suffix(2000))")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func terminate() { if process.isRunning { process.terminate() } }

    func kill() { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

    /// Also where the test was cancelled, which would end the wait for a stream: the status of a process that runs cannot be asked for.
    func ended() async {
        let stream = end.stream
        await Task { for await _ in stream {} }.value
    }
}

extension Trait where Self == ConditionTrait {
    static var needsStack: Self {
        .enabled(if: Fleet.isPossible, "SLUICE_KAFKA_BOOTSTRAP_SERVERS and SLUICE_DATABASE_URL are not set: `make test` starts a broker and a database")
    }
}
