/// Why work on records could not be finished.
package enum Failure: Hashable, Sendable, CaseIterable {
    /// The database, the broker or the only provider is away, or asked to try again: a deadlock, a full disk.
    case unavailable
    /// The database gave up on a statement that took too long: there was too much in it, or too much else to do.
    case tooSlow
    /// What one document refers to is away; everything else is well.
    case referenceUnavailable
    /// The database can never take what is to be written.
    case refusedByDatabase
    /// The record can never succeed, whoever tries.
    case invalidRecord
    /// Something newer is in force.
    case superseded
    /// Another worker has claimed the partition.
    case fenced
    /// No record will succeed before somebody mends the configuration: a missing right, a missing table, a wrong password.
    case misconfigured

    /// Whether it passes by itself, and the same work may then succeed.
    package var passes: Bool { self == .unavailable || self == .tooSlow }
}

/// What becomes of it. One for each failure, and no failure without one.
package enum Disposition: Hashable, Sendable {
    /// The same work again, in place, after a pause; nothing more is taken in. An outage never fills the dead-letter topic.
    case retry
    /// Written down with the time to try again; the offset moves on.
    case `defer`
    /// To the dead-letter topic, with a reason.
    case deadLetter
    /// The records of a wave apart, until the one that cannot succeed is alone.
    case isolate
    /// Nothing to do.
    case skip
    /// Left to whoever owns the partition now.
    case release
    /// The process ends and says why.
    case halt

    /// - Parameter records: how many the failed work was about.
    package init(of failure: Failure, records: Int) {
        self =
            switch failure {
            case .unavailable: .retry
            case .tooSlow: records > 1 ? .isolate : .retry
            case .referenceUnavailable: .defer
            case .refusedByDatabase: records > 1 ? .isolate : .deadLetter
            case .invalidRecord: .deadLetter
            case .superseded: .skip
            case .fenced: .release
            case .misconfigured: .halt
            }
    }
}
