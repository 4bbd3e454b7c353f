/// How far one full snapshot of a source has been read. Its events may come in any order, from any partition and any number of times.
///
/// - Invariant: what it says depends on the set of its events alone, not on the order they came in.
package struct SnapshotProgress: Hashable, Sendable {
    package enum State: Int16, Sendable, CaseIterable {
        /// Its events are read. Can move to: every other.
        case open = 1
        /// Whole, but it would delete more than may be without an admin. Can move to: applying, superseded, refused, cancelled.
        case waiting = 2
        /// What it does not name is being deleted. Can move to: applied, cancelled.
        case applying = 3
        /// It holds.
        case applied = 4
        /// A newer snapshot of the source was whole first.
        case superseded = 5
        /// An admin said no.
        case refused = 6
        /// An admin gave it up.
        case cancelled = 7

        /// Nothing follows.
        package var isOver: Bool {
            switch self {
            case .open, .waiting, .applying: false
            case .applied, .superseded, .refused, .cancelled: true
            }
        }
    }

    /// Its closing event: of several the latest counts.
    package struct Closing: Hashable, Sendable {
        package let count: Int
        package let position: VersionPosition

        package init(count: Int, position: VersionPosition) {
            self.count = count
            self.position = position
        }
    }

    /// What became of a closing event.
    package enum ClosingVerdict: Hashable, Sendable {
        /// It counts; the one it replaces no longer does.
        case counts(replacing: VersionPosition?)
        /// A later one counts, or the snapshot is over.
        case superseded
    }

    /// What is known of its being whole.
    package enum Standing: Hashable, Sendable {
        case notClosed
        /// So many documents were not seen yet.
        case missing(Int)
        case whole
        /// More documents name it than its closing event says: the count or the name is wrong.
        case tooMany(Int)
    }

    package var state: State
    /// Distinct documents.
    package private(set) var named: Int
    /// The earliest that is known of it, in milliseconds since 1970: of its records, and of when its source began to list.
    package private(set) var begunAt: Int64
    package private(set) var closing: Closing?

    /// - Parameter begunAt: `.max` of one that is just being heard of.
    package init(state: State = .open, named: Int = 0, begunAt: Int64 = .max, closing: Closing? = nil) {
        self.state = state
        self.named = named
        self.begunAt = begunAt
        self.closing = closing
    }

    /// Takes in an event that names a document.
    ///
    /// - Parameter isNew: the document was not named in it before.
    package mutating func name(isNew: Bool, at timestampMilliseconds: Int64) {
        guard !state.isOver else { return }
        if isNew { named += 1 }
        begunAt = min(begunAt, timestampMilliseconds)
    }

    /// Takes in a closing event.
    ///
    /// - Parameter begunAt: as the source states it.
    package mutating func close(_ event: Closing, begunAt stated: Int64?) -> ClosingVerdict {
        guard !state.isOver else { return .superseded }
        begunAt = min(begunAt, event.position.timestampMilliseconds, stated ?? .max)
        guard let current = closing, !event.position.isSameRecord(as: current.position) else {
            closing = event
            return .counts(replacing: nil)
        }
        guard event.position.isLater(than: current.position) else { return .superseded }
        closing = event
        return .counts(replacing: current.position)
    }

    package var standing: Standing {
        guard let closing else { return .notClosed }
        if named == closing.count { return .whole }
        return named < closing.count ? .missing(closing.count - named) : .tooMany(named - closing.count)
    }

    /// Decides, once all that was published before its closing event is known.
    ///
    /// - Parameters:
    ///   - existing: the source's documents.
    ///   - absent: of these, the ones it deletes.
    ///   - limit: per cent of the existing ones that may go without an admin.
    package mutating func decide(existing: Int, absent: Int, limit: Int) {
        guard state == .open, standing == .whole else { return }
        state = absent * 100 > limit * existing ? .waiting : .applying
    }
}

/// What is older than a snapshot: only that can be missing in it.
///
/// A document that was published after the source began to list its documents is not in the snapshot and exists all the same. Between partitions there is
/// no order but time, so the rule is a cautious one: older by the clock, with something to spare, and not behind the snapshot's own events where these
/// share a partition.
package struct SnapshotHorizon: Hashable, Sendable {
    /// A partition of one incarnation of a topic.
    package struct Place: Hashable, Sendable {
        package let incarnation: Int32
        package let partition: Int32

        package init(incarnation: Int32, partition: Int32) {
            self.incarnation = incarnation
            self.partition = partition
        }
    }

    /// Milliseconds since 1970: what was published from then on may be newer.
    package let time: Int64
    /// The first event of the snapshot in each partition that has one.
    package let firstOffsets: [Place: Int64]

    /// - Parameter tolerance: by how many milliseconds clocks may differ.
    package init(begunAt: Int64, tolerance: Int64, firstOffsets: [Place: Int64]) {
        time = begunAt - tolerance
        self.firstOffsets = firstOffsets
    }

    package func isNewer(than position: VersionPosition) -> Bool {
        guard position.timestampMilliseconds < time else { return false }
        let place = Place(incarnation: position.incarnation, partition: position.record.partition)
        return firstOffsets[place].map { position.record.offset < $0 } ?? true
    }
}
