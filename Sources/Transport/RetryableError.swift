import Kafka
import Postgres

/// An error that says whether the same work, begun again, can succeed.
package protocol RetryableError: Error {
    var isRetryable: Bool { get }
}

extension PostgresError: RetryableError {}

extension KafkaError: RetryableError {}

/// Whether the same work, begun again, can succeed. Partitions that were refused are as retryable as what refused them.
package func isRetryable(_ error: any Error) -> Bool {
    if let error = error as? KafkaError, error.code == .assignmentRefused { return error.underlying.map(isRetryable) ?? false }
    return (error as? any RetryableError)?.isRetryable ?? false
}
