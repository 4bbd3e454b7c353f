import Contract
import Foundation

/// `sluice` as it was built with the tests.
struct Program: Sendable {
    private let executable: URL
    private let environment: [String: String]

    init(databaseURL: String, settings: [String: String] = [:]) {
        // The tests' own executable stands beside it.
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        executable = URL(filePath: tests).deletingLastPathComponent().appending(path: "sluice")
        // What the tests' own environment says of logins, ports and generations is of another database.
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SLUICE_") || $0.key.hasPrefix("SLUICE_KAFKA_") }
        environment["SLUICE_DATABASE_URL"] = databaseURL
        environment["SLUICE_EMBEDDING"] = "stub"
        environment["SLUICE_CREDENTIALS"] = "trusted"
        environment["SLUICE_AUDIT_QUERY_TEXT"] = "on"
        // A table's documents are published a moment before its snapshots, and are few.
        environment["SLUICE_SNAPSHOT_CLOCK_TOLERANCE"] = "0"
        environment["SLUICE_SNAPSHOT_DELETION_LIMIT"] = "60"
        environment["SWIFT_BACKTRACE"] = "enable=no"
        self.environment = environment.merging(settings) { $1 }
    }

    /// Runs to its end.
    func run(_ arguments: [String]) async throws {
        let ended = AsyncStream<Int32>.makeStream()
        let process = try start(arguments) { _ in ended.continuation.finish() }
        for await _ in ended.stream {}
        guard process.status == 0 else { throw ScenarioError("sluice \(arguments.joined(separator: " ")) failed: \(process.lastWords)") }
    }

    /// Runs to its end, whatever that is.
    func output(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        let ended = AsyncStream<Int32>.makeStream()
        let process = try start(arguments) { _ in ended.continuation.finish() }
        let stream = ended.stream
        await Task { for await _ in stream {} }.value
        return (process.status, process.text)
    }

    /// - Parameters:
    ///   - settings: beside those of all.
    ///   - onEnd: told its last words.
    func start(_ arguments: [String], settings: [String: String] = [:], onEnd: @escaping @Sendable (String) -> Void) throws -> RunningProgram {
        let log = FileManager.default.temporaryDirectory.appending(path: "sluice-scenarios-\(UUID()).log")
        guard FileManager.default.createFile(atPath: log.path, contents: nil) else { throw ScenarioError("there is no place for a log") }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment.merging(settings) { $1 }
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        let running = RunningProgram(process, log)
        process.terminationHandler = { process in
            let how = process.terminationReason == .exit ? "status" : "signal"
            onEnd("\(how) \(process.terminationStatus); \(running.lastWords)")
            running.ended()
        }
        try process.run()
        return running
    }
}

/// A process and what it writes.
///
/// `@unchecked`: of `Process` only its state is read and its signal sent, which Foundation locks.
final class RunningProgram: @unchecked Sendable {
    private let process: Process
    private let log: URL
    private let end = AsyncStream<Void>.makeStream()

    fileprivate init(_ process: Process, _ log: URL) {
        self.process = process
        self.log = log
    }

    deinit {
        try? FileManager.default.removeItem(at: log)
    }

    fileprivate func ended() { end.continuation.finish() }

    var isRunning: Bool { process.isRunning }

    var status: Int32 { process.terminationStatus }

    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    var lastWords: String {
        return text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    /// Until it holds partitions in each consumer group that it was a member of: a promotion has workers join anew, and one that ends while it joins leaves
    /// the embedded broker a member for ever. Not for longer than that takes: what was tested is done.
    func isMember() async throws {
        func holdsAll() -> Bool {
            var held: [String: Int] = [:]
            for line in text.split(separator: "\n") where line.contains("\"message\":\"partitions ") {
                guard let json = try? JSON.parse(Array(line.utf8)), let group = json["consumer_group"]?.string, let count = json["count"]?.integer else {
                    continue
                }
                held[group, default: 0] += line.contains("partitions assigned") ? count : -count
            }
            return held.values.allSatisfy { $0 > 0 }
        }
        let end = ContinuousClock.now + .seconds(30)
        while isRunning, !holdsAll(), .now < end { try await Task.sleep(for: .milliseconds(50)) }
    }

    /// Asks it to end, and waits until it has, also where the test was cancelled.
    func stop() async {
        if process.isRunning { process.terminate() }
        let stream = end.stream
        await Task { for await _ in stream {} }.value
    }
}
