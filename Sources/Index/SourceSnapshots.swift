import Contract
import Postgres

/// A full snapshot of a source, by its publisher's name for it.
package struct SnapshotName: Hashable, Sendable {
    package let tenant: TenantNumber
    package let source: SourceName
    package let id: SnapshotID

    package init(tenant: TenantNumber, source: SourceName, id: SnapshotID) {
        self.tenant = tenant
        self.source = source
        self.id = id
    }
}

/// A record that names a document in a snapshot.
package struct SnapshotNaming: Sendable {
    package let name: Name
    package let snapshot: SnapshotID
    package let position: VersionPosition

    package init(name: Name, snapshot: SnapshotID, position: VersionPosition) {
        self.name = name
        self.snapshot = snapshot
        self.position = position
    }

    fileprivate var snapshotName: SnapshotName { SnapshotName(tenant: name.tenant, source: name.source, id: snapshot) }
}

/// A record that says how many documents a snapshot names.
package struct SnapshotClosing: Sendable {
    package let snapshot: SnapshotName
    package let count: Int
    package let begunAt: Timestamp?
    package let position: VersionPosition

    package init(snapshot: SnapshotName, count: Int, begunAt: Timestamp?, position: VersionPosition) {
        self.snapshot = snapshot
        self.count = count
        self.begunAt = begunAt
        self.position = position
    }
}

/// What became of a closing event so far, and how its snapshot stands.
package struct SnapshotVerdict: Sendable {
    /// Another outcome follows.
    package let counts: Bool
    package let tally: SnapshotTally
}

/// A snapshot's row, locked.
struct StoredSnapshot: Sendable {
    let number: Int64
    var progress: SnapshotProgress
    let absent: Int
    let deleted: Int
    let newer: Int
    /// The partitions' ends that must have been read before it is decided; empty where they were not asked for.
    let barrier: [PartitionKey: Int64]

    /// - Parameter column: of its number.
    fileprivate init(_ rows: Rows, _ row: Int, column: Int) throws {
        guard let state = SnapshotProgress.State(rawValue: try rows.int16(row, column + 1)) else { throw IndexError.inconsistent }
        var closing: SnapshotProgress.Closing?
        if let count = try rows.optionalInt32(row, column + 4) {
            let record = RecordPosition(
                topic: try rows.string(row, column + 6), partition: try rows.int32(row, column + 7), offset: try rows.int64(row, column + 8))
            let position = VersionPosition(
                incarnation: try rows.int32(row, column + 5), record: record, timestampMilliseconds: try rows.int64(row, column + 9))
            closing = SnapshotProgress.Closing(count: Int(count), position: position)
        }
        number = try rows.int64(row, column)
        progress = SnapshotProgress(state: state, named: Int(try rows.int32(row, column + 2)), begunAt: try rows.int64(row, column + 3), closing: closing)
        absent = Int(try rows.optionalInt32(row, column + 10) ?? 0)
        deleted = Int(try rows.int32(row, column + 11))
        newer = Int(try rows.optionalInt32(row, column + 12) ?? 0)
        barrier = try Self.barrier(rows, row, column: column + 13)
    }

    private static func barrier(_ rows: Rows, _ row: Int, column: Int) throws -> [PartitionKey: Int64] {
        let keys = zip(try rows.int32Array(row, column), try rows.int32Array(row, column + 1)).map { PartitionKey(incarnation: $0, partition: $1) }
        return Dictionary(zip(keys, try rows.int64Array(row, column + 2))) { max($0, $1) }
    }

    func tally(_ id: SnapshotID) -> SnapshotTally {
        let state: SnapshotTally.State =
            switch progress.state {
            case .open: progress.standing == .whole ? .whole : .incomplete
            case .applying: .whole
            case .waiting: .waiting
            case .applied: .applied
            case .superseded: .superseded
            case .refused: .refused
            case .cancelled: .cancelled
            }
        return SnapshotTally(
            snapshot: id, state: state, count: progress.closing?.count ?? 0, named: progress.named,
            deleted: progress.state == .waiting ? absent : deleted, newer: newer)
    }
}

/// The snapshots a transaction works on. Their rows are locked before any name, by whoever merges their events and by whoever applies them: what a
/// snapshot names does not change while its deletions are made.
struct SourceSnapshots {
    private var stored: [SnapshotName: StoredSnapshot] = [:]
    private var touched: Set<SnapshotName> = []

    subscript(name: SnapshotName) -> StoredSnapshot? { stored[name] }

    /// Makes what a batch speaks of where it is missing, and locks it.
    static func lock(_ batch: RegistrarBatch, _ session: Session) throws -> SourceSnapshots {
        let names = Set(batch.namings.map(\.snapshotName)).union(batch.closings.map(\.snapshot))
        guard !names.isEmpty else { return SourceSnapshots() }
        _ = try session.execute(.sourceSnapshotEnsure, Array(names).columns)
        return try lock(names, session)
    }

    static func lock(_ names: Set<SnapshotName>, _ session: Session) throws -> SourceSnapshots {
        var snapshots = SourceSnapshots()
        let names = Array(names)
        _ = try session.execute(.sourceSnapshotLock, names.columns)
        let rows = try session.execute(.sourceSnapshotLoad, names.columns)
        for row in 0..<rows.count { snapshots.stored[names[Int(try rows.int32(row, 0)) - 1]] = try StoredSnapshot(rows, row, column: 1) }
        return snapshots
    }

    /// - Parameter names: holds every document that is named, locked.
    /// - Returns: a verdict per closing event; and what is to be published of earlier closing events that these replace.
    mutating func merge(
        _ batch: RegistrarBatch, _ names: LockedNames, group: String, _ session: Session
    ) throws -> (verdicts: [SnapshotVerdict], replaced: [Outcome]) {
        guard !stored.isEmpty else { return ([], []) }
        try mergeNamings(batch.namings, names, session)
        var counts: [Bool] = []
        var replaced: [(SnapshotName, VersionPosition)] = []
        for closing in batch.closings {
            guard var snapshot = stored[closing.snapshot] else { throw IndexError.inconsistent }
            let event = SnapshotProgress.Closing(count: closing.count, position: closing.position)
            switch snapshot.progress.close(event, begunAt: closing.begunAt.map { $0.microsecondsSinceEpoch / 1000 }) {
            case .counts(let former):
                counts.append(true)
                if let former { replaced.append((closing.snapshot, former)) }
                touched.insert(closing.snapshot)
            case .superseded: counts.append(false)
            }
            stored[closing.snapshot] = snapshot
        }
        try write(session)
        let verdicts = try zip(batch.closings, counts).map { closing, counts in
            guard let snapshot = stored[closing.snapshot] else { throw IndexError.inconsistent }
            return SnapshotVerdict(counts: counts, tally: snapshot.tally(closing.snapshot.id))
        }
        let told = try replaced.flatMap { name, position in
            try stored[name].map { try Outbox.retell(.superseded, $0.tally(name.id), of: position, group: group, session) } ?? []
        }
        return (verdicts, told)
    }

    private mutating func mergeNamings(_ namings: [SnapshotNaming], _ names: LockedNames, _ session: Session) throws {
        let open = namings.filter { stored[$0.snapshotName]?.progress.state.isOver == false }
        guard !open.isEmpty else { return }
        let tenants = open.map { $0.name.tenant.value }
        let numbers = open.map { stored[$0.snapshotName]?.number }
        let rows = try session.execute(
            .sourceSnapshotMemberInsert, [.int4Array(tenants), .int8Array(numbers), .int8Array(try open.map { try names.documentID($0.name) })])
        var new: Set<Member> = []
        for row in 0..<rows.count { new.insert(Member(snapshot: try rows.int64(row, 0), document: try rows.int64(row, 1))) }
        for (naming, number) in zip(open, numbers) {
            guard let number else { throw IndexError.inconsistent }
            // Named twice in one batch: new once.
            let isNew = new.remove(Member(snapshot: number, document: try names.documentID(naming.name))) != nil
            stored[naming.snapshotName]?.progress.name(isNew: isNew, at: naming.position.timestampMilliseconds)
            touched.insert(naming.snapshotName)
        }
        _ = try session.execute(
            .sourceSnapshotStartNote,
            [
                .int4Array(tenants), .int8Array(numbers), .int4Array(open.map(\.position.incarnation)), .int4Array(open.map(\.position.record.partition)),
                .int8Array(open.map(\.position.record.offset)),
            ])
    }

    private struct Member: Hashable {
        let snapshot: Int64
        let document: Int64
    }

    private func write(_ session: Session) throws {
        let changed = touched.compactMap { name in stored[name].map { (name, $0) } }
        guard !changed.isEmpty else { return }
        let progress = changed.map(\.1.progress)
        let closings = progress.map(\.closing)
        _ = try session.execute(
            .sourceSnapshotWrite,
            [
                .int4Array(changed.map(\.0.tenant.value)), .int8Array(changed.map(\.1.number)), .int2Array(progress.map(\.state.rawValue)),
                .int4Array(progress.map { Int32(clamping: $0.named) }), .int8Array(progress.map(\.begunAt)),
                .int4Array(closings.map { $0.map { Int32(clamping: $0.count) } }), .int4Array(closings.map { $0?.position.incarnation }),
                .int4Array(closings.map { $0?.position.record.partition }), .int8Array(closings.map { $0?.position.record.offset }),
                .int8Array(closings.map { $0?.position.timestampMilliseconds }),
            ])
    }
}

extension [SnapshotName] {
    /// As the three arrays that statements unnest.
    fileprivate var columns: [Parameter] {
        [.int4Array(map(\.tenant.value)), .textArray(map(\.source.text)), .textArray(map(\.id.text))]
    }
}
