import Contract
import Postgres

/// What is remembered of a document's deletions, for good: the last one that won, and the highest sequence of any.
///
/// A generation that is behind may still hold, or come to, versions from before a deletion. They are not shown: in the partition of the deletion that
/// won, whatever stands before it; anywhere, a sequence at or below the highest. Generations keep their own clocks in their own order, so that in the
/// end each has what the order of events says, also where sequenced and unsequenced events mix.
struct DeletionMark: Sendable, Equatable {
    private(set) var incarnation: Int32?
    private(set) var partition: Int32?
    private(set) var offset: Int64?
    private(set) var sequence: Int64?
    /// The last one that won found the document deleted already.
    private(set) var isRepeated: Bool

    /// - Parameter column: of the mark's five columns.
    init(_ rows: Rows, _ row: Int, column: Int) throws {
        incarnation = try rows.optionalInt32(row, column)
        partition = try rows.optionalInt32(row, column + 1)
        offset = try rows.optionalInt64(row, column + 2)
        sequence = try rows.optionalInt64(row, column + 3)
        isRepeated = try rows.bool(row, column + 4)
    }

    /// Whether the version is one from before: what the view `shown` leaves out.
    func covers(_ version: EventVersion) -> Bool {
        let (position, record) = (version.position, version.position.record)
        if let offset, position.incarnation == incarnation, record.partition == partition, record.offset < offset { return true }
        guard let sequence, let number = version.sequence?.value else { return false }
        return number <= sequence
    }

    /// Notes that a snapshot did not name what is in force: that, and what is older, is not shown.
    mutating func noteAbsence(of clock: VersionClock) {
        if let highest = clock.highestSequence?.value { sequence = max(sequence ?? highest, highest) }
        isRepeated = false
        guard let version = clock.inForce, version.sequence == nil else { return }
        (incarnation, partition, offset) = (version.position.incarnation, version.position.record.partition, version.position.record.offset + 1)
    }

    /// Notes that a version exists again, by the sequence that a snapshot had deleted or by a higher one.
    mutating func noteReturn(of version: EventVersion) {
        if let number = version.sequence?.value, let mark = sequence { sequence = min(mark, number - 1) }
    }

    mutating func note(_ deletion: EventVersion, wins: Bool, wasDeleted: Bool) {
        if let number = deletion.sequence?.value { sequence = max(sequence ?? number, number) }
        guard wins else { return }
        incarnation = deletion.position.incarnation
        partition = deletion.position.record.partition
        offset = deletion.position.record.offset
        isRepeated = wasDeleted
    }
}
