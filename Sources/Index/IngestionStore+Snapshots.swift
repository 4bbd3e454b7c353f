import Contract
import Postgres

/// A snapshot with something to do.
package struct PendingSnapshot: Hashable, Sendable {
    package let name: SnapshotName
    package let tenant: TenantID
}

/// How much a snapshot may delete by itself, and how far clocks may differ.
package struct SnapshotPolicy: Sendable {
    /// Per cent of the source's documents.
    package let deletionLimit: Int
    package let clockTolerance: Duration

    package init(deletionLimit: Int, clockTolerance: Duration) {
        self.deletionLimit = deletionLimit
        self.clockTolerance = clockTolerance
    }
}

/// What a snapshot comes to next.
package enum SnapshotStep: Sendable {
    /// Nothing, until something else happens.
    case rests
    /// More of the same, behind this subject.
    case goesOn(after: String)
    /// The ends of the source's partitions are wanted, as of now.
    case wantsEnds(of: SnapshotProgress)
    /// The registrar has not come to these ends yet.
    case isBehind([PartitionKey: PartitionLag], of: SnapshotProgress)
}

package struct PartitionLag: Hashable, Sendable {
    package let applied: Int64
    package let end: Int64

    package init(applied: Int64, end: Int64) {
        self.applied = applied
        self.end = end
    }
}

extension IngestionStore {
    /// Documents of one transaction: some ten milliseconds.
    private static let deletedAtOnce: Int32 = 500
    /// Names forgotten in one transaction.
    private static let forgottenAtOnce: Int32 = 20_000

    /// Snapshots that are whole, being applied, or over and not told: those that began last first, as they supersede the others.
    package func pendingSnapshots(limit: Int) async throws -> [PendingSnapshot] {
        try await read { session in
            let rows = try session.execute(.sourceSnapshotPending, [.int4(Int32(clamping: limit))])
            return try (0..<rows.count).compactMap { row in
                guard let tenant = TenantID(try rows.string(row, 1)), let source = SourceName(try rows.string(row, 2)),
                    let id = SnapshotID(try rows.string(row, 3))
                else { return nil }
                let name = SnapshotName(tenant: TenantNumber(try rows.int32(row, 0)), source: source, id: id)
                return PendingSnapshot(name: name, tenant: tenant)
            }
        }
    }

    /// Writes down how far the partitions reached when a snapshot was seen to be whole.
    ///
    /// - Parameter progress: as it was seen before they were asked: where it has changed since, they are to be asked anew.
    /// - Throws: `IndexError.tenantGone`.
    package func setBarrier(_ ends: [PartitionKey: Int64], of name: SnapshotName, seen progress: SnapshotProgress) async throws {
        try await write { session in
            guard let snapshot = try Self.hold(name, session), snapshot.progress == progress else { return }
            let keys = Array(ends.keys)
            _ = try session.execute(
                .sourceSnapshotBarrier,
                [
                    .int4(name.tenant.value), .int8(snapshot.number), .int4Array(keys.map(\.incarnation)), .int4Array(keys.map(\.partition)),
                    .int8Array(keys.map { ends[$0] }),
                ])
        }
    }

    /// Does the next piece of a snapshot, in one transaction.
    ///
    /// - Parameters:
    ///   - subject: behind which to go on deleting; empty at first.
    ///   - group: the registrar's.
    /// - Returns: what follows; and what is to be published.
    /// - Throws: `IndexError.tenantGone`.
    package func advance(
        _ name: SnapshotName, after subject: String, policy: SnapshotPolicy, group: String
    ) async throws -> (step: SnapshotStep, told: [Outcome]) {
        try await write { session in
            guard let snapshot = try Self.hold(name, session) else { return (.rests, []) }
            var work = SnapshotPiece(name: name, snapshot: snapshot, policy: policy, group: group)
            let step: SnapshotStep =
                switch snapshot.progress.state {
                case .open: try work.decide(session)
                case .waiting: .rests
                case .applying: try work.delete(after: subject, limit: Self.deletedAtOnce, session)
                case .applied, .superseded, .refused, .cancelled: try work.settle(limit: Self.forgottenAtOnce, session)
                }
            return (step, work.told)
        }
    }

    /// Locks in the order every transaction has: tenants, then snapshots, then names.
    private static func hold(_ name: SnapshotName, _ session: Session) throws -> StoredSnapshot? {
        _ = try Tenants.hold([name.tenant], generation: nil, session)
        return try SourceSnapshots.lock([name], session)[name]
    }
}

/// One snapshot in one transaction.
private struct SnapshotPiece {
    let name: SnapshotName
    var snapshot: StoredSnapshot
    let policy: SnapshotPolicy
    let group: String
    private(set) var told: [Outcome] = []

    init(name: SnapshotName, snapshot: StoredSnapshot, policy: SnapshotPolicy, group: String) {
        self.name = name
        self.snapshot = snapshot
        self.policy = policy
        self.group = group
    }

    private var tolerance: Int64 { Int64(policy.clockTolerance / .milliseconds(1)) }
    private var key: [Parameter] { [.int4(name.tenant.value), .int8(snapshot.number)] }

    /// Of the statements that look for what it does not name.
    private var search: [Parameter] {
        [.int4(name.tenant.value), .text(name.source.text), .int8(snapshot.number), .int8(snapshot.progress.begunAt - tolerance)]
    }
    private var place: [Parameter] {
        [.int4(name.tenant.value), .text(name.source.text), .int8(snapshot.progress.begunAt), .int8(snapshot.number)]
    }

    // MARK: whether it is applied

    /// Once the registrar has read all that was published before the snapshot was whole: what it names is known then, and so is what it does not.
    mutating func decide(_ session: Session) throws -> SnapshotStep {
        guard snapshot.progress.standing == .whole else { return .rests }
        guard !snapshot.barrier.isEmpty else { return .wantsEnds(of: snapshot.progress) }
        let behind = try partitionsBehind(session)
        guard behind.isEmpty else { return .isBehind(behind, of: snapshot.progress) }
        guard try !session.execute(.sourceSnapshotNewer, place).bool(0, 0) else {
            snapshot.progress.state = .superseded
            try write(nil, deleted: 0, session)
            return .goesOn(after: "")
        }
        let rows = try session.execute(.sourceSnapshotCount, search)
        let counts = (existing: Int(try rows.int32(0, 0)), absent: Int(try rows.int32(0, 1)), newer: Int(try rows.int32(0, 2)))
        snapshot.progress.decide(existing: counts.existing, absent: counts.absent, limit: policy.deletionLimit)
        try write(counts, deleted: 0, session)
        _ = try session.execute(.sourceSnapshotSupersede, place)
        guard snapshot.progress.state == .waiting else { return .goesOn(after: "") }
        try tell(.deferred, deleted: counts.absent, newer: counts.newer, session)
        return .rests
    }

    private func partitionsBehind(_ session: Session) throws -> [PartitionKey: PartitionLag] {
        let keys = Array(snapshot.barrier.keys)
        let rows = try session.execute(
            .sourceSnapshotBehind,
            [
                .text(group), .int4Array(keys.map(\.incarnation)), .int4Array(keys.map(\.partition)), .int8Array(keys.map { snapshot.barrier[$0] }),
            ])
        var behind: [PartitionKey: PartitionLag] = [:]
        for row in 0..<rows.count {
            behind[PartitionKey(incarnation: try rows.int32(row, 0), partition: try rows.int32(row, 1))] = PartitionLag(
                applied: try rows.int64(row, 3), end: try rows.int64(row, 2))
        }
        return behind
    }

    // MARK: its deletions

    mutating func delete(after subject: String, limit: Int32, _ session: Session) throws -> SnapshotStep {
        let rows = try session.execute(.sourceSnapshotAbsent, search + [.text(subject), .int4(limit)])
        let subjects = try (0..<rows.count).map { try rows.string($0, 0) }
        let names = subjects.compactMap { Subject($0) }.map { Name(tenant: name.tenant, source: name.source, subject: $0) }
        let deleted = try delete(names, session)
        if let last = subjects.last, rows.count == Int(limit) {
            try write(nil, deleted: deleted, session)
            return .goesOn(after: last)
        }
        snapshot.progress.state = .applied
        try write(nil, deleted: deleted, session)
        return .goesOn(after: "")
    }

    /// Looked at again under their locks: an event of the source may have come meanwhile.
    private func delete(_ found: [Name], _ session: Session) throws -> Int {
        var names = try LockedNames.lock(Set(found), session)
        let horizon = SnapshotHorizon(begunAt: snapshot.progress.begunAt, tolerance: tolerance, firstOffsets: try firstOffsets(session))
        var absent: [Name: Bool] = [:]
        for name in found {
            guard var entry = names[name], entry.facts.state == .exists, let place = entry.lastSeen, horizon.isNewer(than: place)
            else { continue }
            entry.facts.state = .deleted
            entry.containerID = nil
            entry.expiresAt = nil
            entry.deletion.noteAbsence(of: entry.facts.clock)
            names[name] = entry
            absent[name] = true
        }
        guard !absent.isEmpty else { return 0 }
        try Facts.write(absent, &names, session)
        let documents = try Containers.keys(of: absent.keys, names)
        _ = try session.execute(.documentAbsent, documents + [.int8(snapshot.number)])
        for generation in try IngestionStore.generations(session) {
            _ = try session.execute(.renditionClear, [.int4(generation.number.value)] + documents)
            _ = try session.execute(.renditionForget, [.int4(generation.number.value)] + documents)
        }
        return absent.count
    }

    private func firstOffsets(_ session: Session) throws -> [SnapshotHorizon.Place: Int64] {
        let rows = try session.execute(.sourceSnapshotStarts, key)
        var offsets: [SnapshotHorizon.Place: Int64] = [:]
        for row in 0..<rows.count {
            offsets[SnapshotHorizon.Place(incarnation: try rows.int32(row, 0), partition: try rows.int32(row, 1))] = try rows.int64(row, 2)
        }
        return offsets
    }

    // MARK: its end

    mutating func settle(limit: Int32, _ session: Session) throws -> SnapshotStep {
        try tell(snapshot.progress.state == .applied ? .applied : .superseded, deleted: snapshot.deleted, newer: snapshot.newer, session)
        if try session.execute(.sourceSnapshotForget, key + [.int4(limit)]).affectedCount == Int(limit) { return .goesOn(after: "") }
        _ = try session.execute(.sourceSnapshotSettle, key)
        return .rests
    }

    private mutating func tell(_ kind: Outcome.Kind, deleted: Int, newer: Int, _ session: Session) throws {
        guard let closing = snapshot.progress.closing else { return }
        let tally = SnapshotTally(
            snapshot: name.id, state: snapshot.tally(name.id).state, count: closing.count, named: snapshot.progress.named, deleted: deleted, newer: newer)
        told += try Outbox.retell(kind, tally, of: closing.position, group: group, session)
    }

    private func write(_ counts: (existing: Int, absent: Int, newer: Int)?, deleted: Int, _ session: Session) throws {
        _ = try session.execute(
            .sourceSnapshotDecide,
            key + [
                .int2(snapshot.progress.state.rawValue), .int4(counts.map { Int32(clamping: $0.existing) }), .int4(counts.map { Int32(clamping: $0.absent) }),
                .int4(counts.map { Int32(clamping: $0.newer) }), .int4(Int32(clamping: deleted)),
            ])
    }
}
