import Contract

/// The two kinds of consumer group.
package enum Group: Int, CaseIterable, Sendable {
    /// Renditions, by key, several waves at once.
    case ingest
    /// Facts alone, as they came, one wave at a time.
    case registrar
}

/// A partition of one incarnation of the topic.
struct PartitionKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    let incarnation: Int
    let partition: Int

    static func < (one: Self, other: Self) -> Bool { (one.incarnation, one.partition) < (other.incarnation, other.partition) }

    var description: String { "\(incarnation)/\(partition)" }
}

struct RecordID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let key: PartitionKey
    let offset: Int64

    static func < (one: Self, other: Self) -> Bool { one.key == other.key ? one.offset < other.offset : one.key < other.key }

    var description: String { "\(key)@\(offset)" }
}

/// A record as it lies in the topic.
final class LogRecord: Sendable {
    let id: RecordID
    let plan: PlannedRecord
    let version: EventVersion
    /// Of its lane.
    let key: [UInt8]

    init(_ id: RecordID, _ plan: PlannedRecord, at time: Int) {
        self.id = id
        self.plan = plan
        key = [UInt8(truncatingIfNeeded: plan.document)]
        let record = RecordPosition(topic: "documents", partition: Int32(id.key.partition), offset: id.offset)
        // The clock only compares digests: one byte tells these values apart.
        version = EventVersion(
            sequence: plan.sequence.map { SequenceNumber($0) },
            position: VersionPosition(incarnation: Int32(id.key.incarnation), record: record, timestampMilliseconds: Int64(time)),
            digest: plan.isDeletion ? [] : [UInt8(truncatingIfNeeded: plan.body)], isDeletion: plan.isDeletion)
    }
}
