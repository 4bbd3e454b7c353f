/// Where a worker is when something happens to it: about to take this step.
package enum Step: String, CaseIterable, Sendable {
    case join, poll, backoff, drained
    case claimLocked = "claim locked"
    case claimed
    case leftoverPublished = "leftover published"
    case looked, prepared, embedded, buried
    case begun, merged, written
    case outcomePublished = "outcome published"
    case finished
    case settling, settled
    case settleWritten = "settle written"
    case offsetCommitted = "offset committed"
    case leased, fetched, postponed
    case retryBegun = "retry begun"
    case retryWritten = "retry written"
    case retryMarked = "retry marked"
    case sweeping, swept
}

/// What goes wrong. Times are milliseconds; a slot is a place where a worker runs, and runs again after it has ended.
package enum Fault: Hashable, Sendable {
    package enum Moment: Hashable, Sendable {
        case time(Int)
        /// Before the worker of the slot takes this step for the nth time.
        case step(Step, Int)
    }

    case crash(slot: Int, Moment)
    /// Past the session timeout it wakes up as a zombie.
    case freeze(slot: Int, Moment, for: Int)
    /// The coordinator drops a member that does not notice for a while.
    case evict(slot: Int, at: Int, unawareFor: Int)
    /// SIGTERM.
    case stop(slot: Int, at: Int)
    case rebalance(at: Int)
    /// The nth write of the slot happens, and its acknowledgement is lost.
    case lostAcknowledgement(slot: Int, number: Int)
    case databaseOutage(at: Int, for: Int)
    case brokerOutage(at: Int, for: Int)
    case deadLetterOutage(at: Int, for: Int)
    case embeddingOutage(at: Int, for: Int)
    /// A password that is wrong for a while: workers end and are started again.
    case misconfiguration(at: Int, for: Int)
    case restore(backupAt: Int, at: Int)
    case recreateTopic(at: Int)

    /// When it begins, as far as that is known beforehand.
    var start: Int {
        switch self {
        case .crash(_, .time(let time)), .freeze(_, .time(let time), _), .evict(_, let time, _), .stop(_, let time), .rebalance(let time),
            .databaseOutage(let time, _), .brokerOutage(let time, _), .deadLetterOutage(let time, _), .embeddingOutage(let time, _),
            .misconfiguration(let time, _), .restore(_, let time), .recreateTopic(let time):
            time
        case .crash(_, .step), .freeze(_, .step, _), .lostAcknowledgement: 0
        }
    }

    /// When the last of it is over, as far as that is known beforehand.
    var end: Int {
        switch self {
        case .crash(_, .time(let time)), .stop(_, let time), .rebalance(let time), .recreateTopic(let time), .restore(_, let time): time
        case .freeze(_, .time(let time), let duration), .evict(_, let time, let duration): time + duration
        case .databaseOutage(let time, let duration), .brokerOutage(let time, let duration), .deadLetterOutage(let time, let duration),
            .embeddingOutage(let time, let duration), .misconfiguration(let time, let duration):
            time + duration
        case .crash(_, .step), .freeze(_, .step, _), .lostAcknowledgement: 0
        }
    }

    /// The same, at an earlier step where it is tied to one.
    func earlier(_ random: inout Generator) -> Fault {
        switch self {
        case .crash(let slot, .step(let step, let number)): .crash(slot: slot, .step(step, random.int(1...number)))
        case .freeze(let slot, .step(let step, let number), let duration): .freeze(slot: slot, .step(step, random.int(1...number)), for: duration)
        case .lostAcknowledgement(let slot, let number): .lostAcknowledgement(slot: slot, number: random.int(1...number))
        default: self
        }
    }
}
