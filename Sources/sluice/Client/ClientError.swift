import Contract
import Kafka

/// Why a client of the topics did not get what it waited for, and what to do about it.
struct ClientError: Error, Equatable, CustomStringConvertible {
    let description: String
    let exitCode: ExitCode

    init(_ description: String, exitCode: ExitCode = .failure) {
        self.description = description
        self.exitCode = exitCode
    }

    static func notRegistered(_ tenants: [TenantID]) -> ClientError {
        let names = tenants.map(\.text).joined(separator: ", ")
        return ClientError("no status or result topic of \(names): register a tenant with `sluice tenant create NAME`", exitCode: .configuration)
    }

    static func noOutcome(_ missing: Int, within patience: Duration) -> ClientError {
        ClientError(
            "\(missing) events have no outcome, and none arrived for \(patience.components.seconds) s: is `sluice ingest` running, with this broker and database?",
            exitCode: .unavailable)
    }

    static func noResult(within timeout: Duration) -> ClientError {
        ClientError(
            "no result within \(timeout.components.seconds) s: is `sluice retrieve` running, with this broker and database?", exitCode: .unavailable)
    }
}

extension KafkaReader {
    /// Starts at the end of topics that exist once their tenant is registered.
    ///
    /// - Throws: `ClientError.notRegistered`; `KafkaError`.
    func startAtEnd(ofEach tenants: [TenantID], _ topic: (TenantID) -> String) throws {
        do throws(KafkaError) {
            try startAtEnd(of: tenants.map(topic))
        } catch {
            throw error.code == .unknownTopic ? ClientError.notRegistered(tenants) : error
        }
    }
}

extension Runtime {
    /// Clients talk to people: the library's own lines only where they are asked for, since what fails is said once, by the command.
    private var clientKafkaLog: KafkaLog {
        guard log.level == .debug else { return { _ in } }
        return log.kafka
    }

    func clientProducer() throws -> KafkaProducer {
        try KafkaProducer(configuration: kafka(clientID: "sluice-client"), log: clientKafkaLog)
    }

    func clientReader() throws -> KafkaReader {
        try KafkaReader(configuration: kafka(clientID: "sluice-client"), log: clientKafkaLog)
    }
}
