import Contract
import Kafka
import Transport

/// A record of the queries topic on its way to its answer.
struct HeldQuery: Sendable {
    let record: InboundRecord
    /// Its asker is proven; whether its tenant is registered is asked when it is answered.
    let decoded: DecodedQuery
    let receivedAt: ContinuousClock.Instant
    /// Set once its positions were not reached: from then on it is not late, but not yet.
    var hasWaited = false
    /// How often it was put off.
    var attempts = 0

    /// Nothing where it names no query that could be answered.
    var envelope: QueryEnvelope? {
        switch decoded {
        case .query(let query): query.envelope
        case .accessCheck(let check): check.envelope
        case .problem(let envelope, _): envelope
        case .deadLetter: nil
        }
    }

    /// Whose turn it takes: one without a tenant has the turn of all such.
    var tenant: String { envelope?.key.tenant.text ?? "" }

    var bytes: Int { (record.key?.count ?? 0) + (record.value?.count ?? 0) }

    func isExpired(at now: Timestamp) -> Bool { envelope?.expires.map { $0 <= now } ?? false }
}
