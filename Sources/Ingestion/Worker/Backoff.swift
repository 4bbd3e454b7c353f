import Kafka
import Postgres
import Threads

/// An error that says whether the same work can succeed later.
protocol RetryableError: Error {
    var isRetryable: Bool { get }
}

extension PostgresError: RetryableError {}
extension KafkaError: RetryableError {}

/// Exponential, with full jitter, so that a fleet does not come back all at once.
struct Backoff {
    /// A broker or database that restarts is back within seconds.
    private static let longest = Duration.seconds(5)
    private var next = Duration.milliseconds(100)

    mutating func pause(unless shutdown: ShutdownSignal) async {
        let bound = next
        next = min(next * 2, Self.longest)
        let wait = Duration.milliseconds(Int64.random(in: 0...(bound.components.seconds * 1000 + bound.components.attoseconds / 1_000_000_000_000_000)))
        guard !shutdown.isTriggered else { return }
        try? await Task.sleep(for: wait)
    }
}
