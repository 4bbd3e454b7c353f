import Foundation
import Kafka
import Postgres
import Synchronization
import Testing

/// The workers that scenarios run against: real processes, on the real broker, in a database of their own.
struct Workers: Sendable {
    @TaskLocal static var running: Workers?

    let tenant: String
    let mailbox: Mailbox
    let producer: KafkaProducer
    let program: Program
    let databaseURL: String
    private let processes = Processes()

    static let environment = ProcessInfo.processInfo.environment
    static var isPossible: Bool { environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] != nil && environment["SLUICE_DATABASE_URL"] != nil }

    /// Far past what the tables take: only a worker that has stopped answering is waited for so long.
    private static let patience = Duration.seconds(120)

    /// - Parameter settings: of every process.
    static func with(settings: [String: String] = [:], _ body: () async throws -> Void) async throws {
        let serverURL = try #require(environment["SLUICE_DATABASE_URL"])
        let name = "sluice_scenarios_\(UInt64.random(in: 0 ... .max))"
        try await execute("create database \(name)", serverURL)
        let result: Swift.Result<Void, any Error>
        do { result = .success(try await with(database: name, serverURL, settings, body)) } catch { result = .failure(error) }
        try await execute("drop database \(name) with (force)", serverURL)
        try result.get()
    }

    private static func with(database: String, _ serverURL: String, _ settings: [String: String], _ body: () async throws -> Void) async throws {
        guard var location = URLComponents(string: serverURL) else { throw ScenarioError("SLUICE_DATABASE_URL is no URL") }
        location.path = "/\(database)"
        let databaseURL = location.string ?? ""
        let program = Program(databaseURL: databaseURL, settings: settings)
        let tenant = "scenarios-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        for arguments in [["migrate"], ["topics", "apply"], ["tenant", "create", tenant]] { try await program.run(arguments) }

        let configuration = KafkaConfiguration(bootstrapServers: environment["SLUICE_KAFKA_BOOTSTRAP_SERVERS"] ?? "", clientID: "sluice-scenarios")
        let workers = Workers(
            tenant: tenant, mailbox: Mailbox(), producer: try KafkaProducer(configuration: configuration), program: program, databaseURL: databaseURL)
        let consumer = try KafkaConsumer(
            configuration: configuration, groupID: tenant, topics: ["sluice.status.\(tenant)", "sluice.results.\(tenant)", "sluice.dlq"],
            sessionTimeoutMilliseconds: 6000, delegate: FromTheBeginning())
        let delivery = Task { await deliver(from: consumer, to: workers.mailbox) }
        for command in ["ingest", "retrieve"] { try workers.start([command]) }
        let limit = Task {
            try await Task.sleep(for: patience)
            workers.mailbox.fail(ScenarioError("a worker does not answer; \(workers.processes.all.map(\.lastWords).joined(separator: "\n"))"))
        }
        let result: Swift.Result<Void, any Error>
        do {
            try await $running.withValue(workers) { try await body() }
            try await workers.settle()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        limit.cancel()
        for process in workers.processes.all { await process.stop() }
        delivery.cancel()
        await delivery.value
        await workers.producer.close()
        try result.get()
    }

    /// What workers take at most to learn of a promotion, which has them join their groups anew.
    private static let promotionSeconds = 12

    /// Until workers may be ended.
    private func settle() async throws {
        let left = try await strings(
            "select (extract(epoch from max(retired_at) - now()) * 1000)::bigint + \(Self.promotionSeconds * 1000) || '' from sluice.generation where retired_at is not null having count(*) > 0"
        )
        if let milliseconds = left.first.flatMap({ Int($0) }), milliseconds > 0 { try await Task.sleep(for: .milliseconds(milliseconds)) }
        for process in processes.all { try await process.isMember() }
    }

    private static func deliver(from consumer: KafkaConsumer, to mailbox: Mailbox) async {
        do {
            while !Task.isCancelled {
                for record in try await consumer.poll(maxRecords: 500, maxBytes: 8 << 20, timeoutMilliseconds: 100) { mailbox.deliver(record) }
            }
        } catch {
            mailbox.fail(error)
        }
        await consumer.close()
    }

    /// Starts one worker more, which is stopped with the others.
    func start(_ arguments: [String], settings: [String: String] = [:]) throws {
        processes.add(
            try program.start(arguments, settings: settings) { mailbox.fail(ScenarioError("sluice \(arguments.joined(separator: " ")) ended: \($0)")) })
    }

    /// Runs a command to its end.
    func run(_ arguments: [String]) async throws { try await program.run(arguments) }

    /// Changes the database behind the workers' backs.
    func execute(_ sql: String) async throws { try await Self.execute(sql, databaseURL) }

    /// The first column of what a question to the database brings.
    func strings(_ sql: String) async throws -> [String] {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: databaseURL, applicationName: "sluice scenarios"))
        let strings = try await connection.withSession { session in
            let rows = try session.execute(Statement("scenario", sql, planning: .perUse))
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
        await connection.close()
        return strings
    }

    private static func execute(_ sql: String, _ url: String) async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice scenarios"))
        try await connection.withSession { try $0.executeScript(sql) }
        await connection.close()
    }
}

/// The workers' processes, as they are started.
private final class Processes: Sendable {
    private let running = Mutex<[RunningProgram]>([])

    var all: [RunningProgram] { running.withLock { $0 } }

    func add(_ process: RunningProgram) { running.withLock { $0.append(process) } }
}

/// Starts the workers before the first test of a suite and stops them after the last.
struct RunningWorkers: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await Workers.with(function)
    }
}

extension Trait where Self == RunningWorkers {
    static var runningWorkers: Self { Self() }
}

extension Trait where Self == ConditionTrait {
    static var needsStack: Self {
        .enabled(
            if: Workers.isPossible, "SLUICE_KAFKA_BOOTSTRAP_SERVERS and SLUICE_DATABASE_URL are not set: `make test` starts a broker and a database")
    }
}

private struct FromTheBeginning: RebalanceDelegate {
    func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaStart] {
        Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) })
    }

    func revoked(_ partitions: [KafkaTopicPartition]) {}
    func lost(_ partitions: [KafkaTopicPartition]) {}
}
