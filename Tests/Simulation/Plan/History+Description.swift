extension History: CustomStringConvertible {
    /// A line each: what there is, what goes wrong, what is published.
    package var description: String {
        var lines = [
            "seed \(seed): \(shape.ingestWorkers) ingesting, \(shape.registrarWorkers) registering workers, \(shape.partitions) partitions, "
                + "\(shape.documents) documents of \(shape.tenants) tenants, \(shape.waves) waves of \(shape.waveRecords), "
                + "intake \(shape.intakeRecords) records, \(shape.intakeBytes) bytes"
        ]
        lines += faults.map { "  fault   \($0)" }
        lines += records.map { "  record  \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .crash(let slot, let moment): "worker \(slot) crashes \(moment)"
        case .freeze(let slot, let moment, let duration): "worker \(slot) freezes \(moment), for \(duration) ms"
        case .evict(let slot, let time, let duration): "worker \(slot) is dropped at \(time) ms, and does not notice for \(duration) ms"
        case .stop(let slot, let time): "worker \(slot) is told to stop at \(time) ms"
        case .rebalance(let time): "partitions move on at \(time) ms"
        case .lostAcknowledgement(let slot, let number): "worker \(slot) loses the acknowledgement of its write \(number)"
        case .databaseOutage(let time, let duration): "the database is away at \(time) ms, for \(duration) ms"
        case .brokerOutage(let time, let duration): "the broker is away at \(time) ms, for \(duration) ms"
        case .deadLetterOutage(let time, let duration): "the dead-letter topic is away at \(time) ms, for \(duration) ms"
        case .embeddingOutage(let time, let duration): "embedding is away at \(time) ms, for \(duration) ms"
        case .misconfiguration(let time, let duration): "a right is missing at \(time) ms, for \(duration) ms"
        case .restore(let backup, let time): "the database is restored at \(time) ms, as it was at \(backup) ms"
        case .recreateTopic(let time): "the topic is deleted and created again at \(time) ms"
        }
    }
}

extension Fault.Moment: CustomStringConvertible {
    package var description: String {
        switch self {
        case .time(let time): "at \(time) ms"
        case .step(let step, let number): "at its step '\(step.rawValue)', time \(number)"
        }
    }
}

extension PlannedRecord: CustomStringConvertible {
    package var description: String {
        let what = trouble == .malformed ? "malformed" : isDeletion ? "deleted" : "body \(body)"
        let numbered = sequence.map { ", sequence \($0)" } ?? ""
        let trouble =
            switch trouble {
            case .none, .malformed: ""
            case .unreadable: ", cannot be read"
            case .unstorable: ", cannot be stored"
            case .away(let until): ", its reference away until \(until) ms"
            case .gone: ", its reference gone"
            }
        return "at \(time) ms, partition \(partition), document \(document) of tenant \(tenant): \(what)\(numbered)\(trouble), \(bytes) bytes"
            + (hole > 0 ? ", after a hole of \(hole)" : "")
    }
}
