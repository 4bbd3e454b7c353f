import Contract

/// What the database holds: a value, so that a backup is a copy.
struct Tables {
    struct Position {
        var next: Int64 = 0
        var epoch: UInt64 = 0
    }

    enum Presence { case nothing, present, deleted }

    /// As the migrations have it: the last deletion that won, and the highest sequence of any.
    struct DeletionMark {
        var key: PartitionKey?
        var offset: Int64 = 0
        var sequence: SequenceNumber?
        var isRepeated = false
    }

    struct Document {
        var clock = VersionClock()
        var state = Presence.nothing
        var mark = DeletionMark()
    }

    struct Rendition {
        var clock = VersionClock()
        var state = Presence.nothing
        var body = 0
    }

    struct OutcomeRow {
        var kind: Outcome.Kind
        var isPublished = false
    }

    /// A document whose newest version waits for its reference.
    struct Deferred {
        var record: LogRecord
        var attempts = 1
        var due: Int
        var lease: UInt64?
        var leasedUntil = 0
    }

    var positions: [GroupPartition: Position] = [:]
    var documents: [Document]
    var renditions: [Rendition]
    var outcomes: [GroupRecord: OutcomeRow] = [:]
    var deferred: [Int: Deferred] = [:]
    /// What no table says, kept for the oracle: the records whose effect is in here.
    var applied: Set<GroupRecord> = []

    /// What the view `shown` leaves of a document: its version, if any.
    func shown(_ document: Int) -> EventVersion? {
        let (facts, rendition) = (documents[document], renditions[document])
        guard facts.state == .present, rendition.state == .present, let version = rendition.clock.inForce else { return nil }
        if let key = facts.mark.key, key.incarnation == Int(version.position.incarnation), version.position.record.offset < facts.mark.offset { return nil }
        if let sequence = version.sequence, let highest = facts.mark.sequence, sequence <= highest { return nil }
        return version
    }
}

struct GroupPartition: Hashable, Comparable {
    let group: Group
    let key: PartitionKey

    static func < (one: Self, other: Self) -> Bool { (one.group.rawValue, one.key) < (other.group.rawValue, other.key) }
}

struct GroupRecord: Hashable, Comparable {
    let group: Group
    let id: RecordID

    static func < (one: Self, other: Self) -> Bool { (one.group.rawValue, one.id) < (other.group.rawValue, other.id) }
}

/// An outcome as it goes to the status topic.
struct ToldOutcome: Hashable, CustomStringConvertible {
    let row: GroupRecord
    let kind: Outcome.Kind

    var description: String { "\(row.id) \(kind)" }
}
