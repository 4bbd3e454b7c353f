import Delivery
import Embedding
import Index
import Kafka
import Postgres

extension Failure {
    /// What an error means for the work it ended.
    init(_ error: any Error) {
        switch error {
        case IndexError.fenced: self = .fenced
        case IndexError.renamed: self = .unavailable
        case let error as PostgresError: self = Failure(error)
        case let error as KafkaError: self = Failure(error)
        // The only provider: its outage is waited for, a wrong key or dimension is not.
        case let error as EmbeddingError: self = error.isRetryable ? .unavailable : .misconfigured
        default: self = .misconfigured
        }
    }

    private init(_ error: PostgresError) {
        if error.sqlState == "57014" {
            self = .tooSlow
        } else if error.isRetryable {
            self = .unavailable
        } else if let state = error.sqlState, Self.dataStates.contains(String(state.prefix(2))) {
            self = .refusedByDatabase
        } else if error.code == .encoding {
            self = .refusedByDatabase
        } else {
            self = .misconfigured
        }
    }

    /// A topic that is missing or takes no records may be mended any time; until then nothing moves on. A client past saving ends the process.
    private init(_ error: KafkaError) {
        switch error.code {
        case .invalidConfiguration, .closed, .fatal: self = .misconfigured
        default: self = .unavailable
        }
    }

    /// Data exceptions, integrity violations, limits of the program: about what was to be written, not about whether the database is well
    /// (PostgreSQL, appendix A).
    private static let dataStates: Set<String> = ["22", "23", "54"]
}
