import Kafka
import Telemetry
import Threads

/// A consumer group's membership, taken up anew with back-off after whatever may pass: a broker or database that was away, a partition another worker
/// has taken over.
package struct ConsumerSessions: Sendable {
    private let group: String
    private let log: Log

    package init(group: String, log: Log) {
        self.group = group
        self.log = log
    }

    /// Runs one session after another until shutdown.
    /// - Throws: what trying again cannot mend.
    package func run(until shutdown: ShutdownSignal, _ session: () async throws -> Void) async throws {
        var backoff = Backoff()
        while !shutdown.isTriggered {
            let started = ContinuousClock.now
            do {
                try await session()
            } catch let error where isRetryable(error) {
                log.warning("starting over", [.consumerGroup: .string(group), .reason: .string(Self.describe(error))])
                // A session that worked for a while ended for a new reason.
                if ContinuousClock.now - started > .seconds(30) { backoff = Backoff() }
                await backoff.pause(unless: shutdown)
            }
        }
    }

    /// Where partitions were refused, what refused them: an error of ours, which quotes nothing.
    private static func describe(_ error: any Error) -> String {
        let underlying = (error as? KafkaError)?.underlying
        return underlying.map { "\(error): \($0)" } ?? "\(error)"
    }
}
