import Contract
import Digest
import Postgres

/// What a document waits for.
package enum DeferralCause: String, Sendable, Hashable, CaseIterable {
    /// Its content, which is away. After a while it is given up.
    case reference
    /// Its source, which is paused.
    case source
    /// Its tenant's next day: what may be embedded on this one is spent.
    case budget
}

/// A document that cannot be made yet, as it is to be written down.
package struct Deferral: Sendable {
    package let record: InboundRecord
    /// Of the record's topic.
    package let incarnation: Int32
    package let cause: DeferralCause
    /// What it waits for, where it refers to its content.
    package let host: String?
    package let reason: String
    package let delay: Duration

    package init(record: InboundRecord, incarnation: Int32, cause: DeferralCause = .reference, host: String?, reason: String, delay: Duration) {
        self.record = record
        self.incarnation = incarnation
        self.cause = cause
        self.host = host
        self.reason = reason
        self.delay = delay
    }
}

/// A record that waits: as it came, and how it fared since.
package struct DeferredRecord: Sendable {
    package let record: InboundRecord
    package let incarnation: Int32
    package let cause: DeferralCause
    package let attempts: Int
    package let age: Duration
    /// An admin gave it up.
    package let isAbandoned: Bool
    /// Compared for equality by the write that ends it; nothing while no worker is at it.
    package let lease: Int64?

    /// - Parameter column: of the incarnation; what `deferred_load` and `deferred_lease` select follows.
    fileprivate init(_ rows: Rows, _ row: Int, column: Int) throws {
        incarnation = try rows.int32(row, column)
        record = try InboundRecord(stored: rows, row, column: column + 1)
        attempts = Int(try rows.int32(row, column + 9))
        lease = try rows.optionalInt64(row, column + 10)
        isAbandoned = try rows.bool(row, column + 11)
        age = .seconds(try rows.int64(row, column + 12))
        guard let cause = DeferralCause(rawValue: try rows.string(row, column + 13)) else { throw IndexError.inconsistent }
        self.cause = cause
    }

    /// The event as it was read when it was deferred.
    package var decoded: DecodedEvent? {
        InputTopicName(record.position.topic).map { EventDecoder.decode(record, on: $0) { _ in true } }
    }

    var version: EventVersion {
        var sequence: SequenceNumber?
        if case .event(let event)? = decoded { sequence = event.sequence }
        return EventVersion(
            sequence: sequence,
            position: VersionPosition(incarnation: incarnation, record: record.position, timestampMilliseconds: record.timestampMilliseconds),
            digest: SHA256.hash(record.value ?? []), isDeletion: false)
    }
}

/// Documents that wait: of each the newest version, while nothing as new is in force.
enum Deferrals {
    /// What a batch does to those that wait.
    struct Result {
        var verdicts: [RenditionVerdict]
        /// Waited, and are superseded now: other records than those of the batch.
        var superseded: [DeferredRecord] = []
    }

    /// - Parameters:
    ///   - verdicts: of the changes, by index, as `Renditions.merge` has decided them.
    ///   - clocks: of the renditions after it.
    ///   - leases: of documents tried again: whoever lost the lease, or the record, must not write.
    /// - Returns: the verdicts again; nothing where a lease was lost.
    static func merge(
        _ changes: [RenditionChange], _ verdicts: [RenditionVerdict], clocks: [Name: VersionClock], leases: [Name: Int64], generation: GenerationNumber,
        _ names: LockedNames, _ session: Session
    ) throws -> Result? {
        var result = Result(verdicts: verdicts)
        guard !changes.isEmpty else { return result }
        let waiting = try load(changes.map(\.name), generation, names, session)
        guard leases.allSatisfy({ waiting[$0.key]?.lease == $0.value }) else { return nil }
        var ended: [Name] = []
        var replaced: [(name: Name, version: EventVersion)] = []
        for (index, change) in changes.enumerated() {
            let known = waiting[change.name].map { (record: $0, version: $0.version) }
            let isSameRecord = known?.version.position == change.version.position
            func supersede() {
                guard let known, !isSameRecord else { return }
                result.superseded.append(known.record)
                replaced.append((change.name, known.version))
            }
            if case .deferred(let deferral) = change.statement, verdicts[index] == .deferred {
                var clock = VersionClock()
                if let known { clock.offer(known.version) }
                if !isSameRecord, clock.verdict(for: change.version) != .wins {
                    result.verdicts[index] = .superseded
                    continue
                }
                supersede()
                try write(deferral, of: change.name, generation, names, session)
            } else if let known, isSameRecord || clocks[change.name]?.verdict(for: known.version) != .wins {
                ended.append(change.name)
                supersede()
            }
        }
        if !ended.isEmpty { _ = try session.execute(.deferredDelete, [.int4(generation.value)] + (try Containers.keys(of: ended, names))) }
        try noteSequences(replaced, generation, names, session)
        return result
    }

    /// What waited and never took force was seen all the same.
    private static func noteSequences(
        _ replaced: [(name: Name, version: EventVersion)], _ generation: GenerationNumber, _ names: LockedNames, _ session: Session
    ) throws {
        let sequenced = replaced.filter { $0.version.sequence != nil }
        guard !sequenced.isEmpty else { return }
        let keys = try Containers.keys(of: sequenced.map(\.name), names)
        _ = try session.execute(.renditionSequenceNote, [.int4(generation.value)] + keys + [.int8Array(sequenced.map(\.version.sequence?.value))])
    }

    /// What is due, leased to the caller.
    static func lease(_ generation: GenerationNumber, limit: Int, for duration: Duration, _ session: Session) throws -> [DeferredRecord] {
        let rows = try session.execute(
            .deferredLease,
            [.int4(generation.value), .int4(Int32(limit)), .int8(Int64(duration / .milliseconds(1))), .int8(.random(in: .min ... .max))])
        return try (0..<rows.count).map { try DeferredRecord(rows, $0, column: 0) }
    }

    private static func load(
        _ subjects: [Name], _ generation: GenerationNumber, _ names: LockedNames, _ session: Session
    ) throws -> [Name: DeferredRecord] {
        let rows = try session.execute(.deferredLoad, [.int4(generation.value)] + (try Containers.keys(of: subjects, names)))
        var waiting: [Name: DeferredRecord] = [:]
        for row in 0..<rows.count { waiting[subjects[Int(try rows.int32(row, 0)) - 1]] = try DeferredRecord(rows, row, column: 1) }
        return waiting
    }

    private static func write(
        _ deferral: Deferral, of name: Name, _ generation: GenerationNumber, _ names: LockedNames, _ session: Session
    ) throws {
        let document: [Parameter] = [.int4(name.tenant.value), .int4(generation.value), .int8(try names.documentID(name))]
        _ = try session.execute(
            .deferredWrite,
            document + deferral.record.columns(incarnation: deferral.incarnation) + [
                .text(deferral.host), .text(deferral.reason), .int8(Int64(deferral.delay / .milliseconds(1))), .text(deferral.cause.rawValue),
            ])
    }
}
