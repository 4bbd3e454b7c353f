import Contract
import Postgres

/// Which snapshots; nothing set is all that are not over.
package struct SnapshotFilter: Hashable, Sendable {
    package var tenant: TenantID?
    package var source: SourceName?
    package var id: SnapshotID?
    package var includesOver = false

    package init(tenant: TenantID? = nil, source: SourceName? = nil, id: SnapshotID? = nil, includesOver: Bool = false) {
        self.tenant = tenant
        self.source = source
        self.id = id
        self.includesOver = includesOver
    }
}

/// A full snapshot of a source as admins see it.
package struct SnapshotReport: Sendable {
    package let tenant: TenantID
    package let source: SourceName
    package let id: SnapshotID
    package let state: SnapshotProgress.State
    /// As its closing event states it; nothing before that was seen.
    package let count: Int?
    package let named: Int
    /// What may be missing in it is older than this.
    package let begunAt: Timestamp
    package let firstSeenAt: Timestamp
    package let lastSeenAt: Timestamp
    /// As it was decided: the source's documents, those to be deleted, and those not in it that may be newer.
    package let existing: Int?
    package let absent: Int?
    package let newer: Int?
    package let deleted: Int
    package let decidedAt: Timestamp?
    /// An admin, and why.
    package let decidedBy: String?
    package let reason: String?
    /// The registrar reads on to the end its partitions had when it was whole.
    package let isBeingRead: Bool
    fileprivate let tenantNumber: Int32
    fileprivate let number: Int64
    fileprivate let begunAtMilliseconds: Int64

    package var standing: SnapshotProgress.Standing {
        guard let count else { return .notClosed }
        return count == named ? .whole : named < count ? .missing(count - named) : .tooMany(named - count)
    }
}

/// What an admin may say of a snapshot.
package enum SnapshotRuling: String, Sendable, CaseIterable {
    case approve, reject, cancel

    /// Of which it may be said.
    package var states: [SnapshotProgress.State] {
        switch self {
        case .approve, .reject: [.waiting]
        case .cancel: [.open, .waiting, .applying]
        }
    }

    fileprivate var state: SnapshotProgress.State {
        switch self {
        case .approve: .applying
        case .reject: .refused
        case .cancel: .cancelled
        }
    }

    fileprivate var action: AuditEntry.Action {
        switch self {
        case .approve: .snapshotApprove
        case .reject: .snapshotReject
        case .cancel: .snapshotCancel
        }
    }
}

extension AdministrationStore {
    /// Snapshots, those first seen last at the front.
    package func snapshots(_ filter: SnapshotFilter, limit: Int) async throws -> [SnapshotReport] {
        try await read { session in
            let rows = try session.execute(
                .sourceSnapshotList,
                [
                    .text(filter.tenant?.text), .text(filter.source?.text), .text(filter.id?.text), .bool(filter.includesOver), .int4(Int32(clamping: limit)),
                ])
            return try (0..<rows.count).compactMap { try SnapshotReport(rows, $0) }
        }
    }

    /// Documents that a snapshot does not name and would delete, in the order of their names' bytes.
    package func absentDocuments(_ snapshot: SnapshotReport, tolerance: Duration, limit: Int) async throws -> [String] {
        try await read { session in
            let rows = try session.execute(
                .sourceSnapshotAbsent,
                [
                    .int4(snapshot.tenantNumber), .text(snapshot.source.text), .int8(snapshot.number),
                    .int8(snapshot.begunAtMilliseconds - Int64(tolerance / .milliseconds(1))), .text(""), .int4(Int32(clamping: limit)),
                ])
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
    }

    /// Says it, and tells the audit log.
    ///
    /// - Returns: whether it could be said: the snapshot may have gone on meanwhile.
    package func rule(_ ruling: SnapshotRuling, on snapshot: SnapshotReport, reason: String) async throws -> Bool {
        try await write { session in
            let changed = try session.execute(
                .sourceSnapshotRule,
                [
                    .text(snapshot.tenant.text), .text(snapshot.source.text), .text(snapshot.id.text), .int2(ruling.state.rawValue), .text(actor),
                    .text(reason),
                    .int2Array(ruling.states.map(\.rawValue)),
                ]
            ).affectedCount
            guard changed == 1 else { return false }
            var detail: [String: JSON] = [
                "source": .string(snapshot.source.text), "snapshot": .string(snapshot.id.text), "reason": .string(reason), "named": .number(snapshot.named),
            ]
            if let absent = snapshot.absent { detail["documents"] = .number(absent) }
            try AuditLog.append(audit(ruling.action, snapshot.tenant, detail), session)
            return true
        }
    }
}

extension SnapshotReport {
    fileprivate init?(_ rows: Rows, _ row: Int) throws {
        guard let tenant = TenantID(try rows.string(row, 0)), let source = SourceName(try rows.string(row, 1)), let id = SnapshotID(try rows.string(row, 2)),
            let state = SnapshotProgress.State(rawValue: try rows.int16(row, 3))
        else { return nil }
        (self.tenant, self.source, self.id, self.state) = (tenant, source, id, state)
        count = try rows.optionalInt32(row, 4).map { Int($0) }
        named = Int(try rows.int32(row, 5))
        begunAtMilliseconds = try rows.int64(row, 6)
        begunAt = Timestamp(microsecondsSinceEpoch: begunAtMilliseconds.multipliedReportingOverflow(by: 1000).partialValue)
        firstSeenAt = Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 7))
        lastSeenAt = Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 8))
        existing = try rows.optionalInt32(row, 9).map { Int($0) }
        absent = try rows.optionalInt32(row, 10).map { Int($0) }
        newer = try rows.optionalInt32(row, 11).map { Int($0) }
        deleted = Int(try rows.int32(row, 12))
        decidedAt = try rows.optionalTimestamp(row, 13).map(Timestamp.init(microsecondsSinceEpoch:))
        decidedBy = try rows.optionalString(row, 14)
        reason = try rows.optionalString(row, 15)
        tenantNumber = try rows.int32(row, 16)
        number = try rows.int64(row, 17)
        isBeingRead = try rows.bool(row, 18)
    }
}
