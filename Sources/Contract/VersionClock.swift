/// Where and when a record was published, as far as it decides which of two events is the later one.
package struct VersionPosition: Hashable, Sendable {
    /// Counts up when a topic of the same name was deleted and created again.
    package let incarnation: Int32
    package let record: RecordPosition
    package let timestampMilliseconds: Int64

    package init(incarnation: Int32, record: RecordPosition, timestampMilliseconds: Int64) {
        self.incarnation = incarnation
        self.record = record
        self.timestampMilliseconds = timestampMilliseconds
    }

    /// The very same record, delivered again.
    package func isSameRecord(as other: Self) -> Bool {
        record == other.record && incarnation == other.incarnation
    }

    func sharesPartition(with other: Self) -> Bool {
        record.topic == other.record.topic && record.partition == other.record.partition && incarnation == other.incarnation
    }

    /// In one partition by offset, and a topic's newer incarnation comes later. Between partitions the contract has no order:
    /// the timestamp, then topic and partition, make one that every worker finds again.
    func isLater(than other: Self) -> Bool {
        if sharesPartition(with: other) { return record.offset > other.record.offset }
        if record.topic == other.record.topic, incarnation != other.incarnation { return incarnation > other.incarnation }
        if timestampMilliseconds != other.timestampMilliseconds { return timestampMilliseconds > other.timestampMilliseconds }
        return (record.topic, record.partition) > (other.record.topic, other.record.partition)
    }
}

/// What the clock needs to know of an event.
package struct EventVersion: Hashable, Sendable {
    package let sequence: SequenceNumber?
    package let position: VersionPosition
    /// SHA-256 of the record's value, 32 bytes; of no bytes for a tombstone.
    package let digest: [UInt8]
    package let isDeletion: Bool

    package init(sequence: SequenceNumber?, position: VersionPosition, digest: [UInt8], isDeletion: Bool) {
        self.sequence = sequence
        self.position = position
        self.digest = digest
        self.isDeletion = isDeletion
    }

    /// What receipts show: the sequence, else `@<partition>/<offset>`.
    package var receiptVersion: String { sequence?.description ?? position.record.version }
}

/// One subject under one clock: the contract's rule 3, which event wins.
///
/// - Invariant: sequenced events end in the same state in any order and any number of times;
///   where the event in force has a sequence, it is the highest ever seen, unless what was made of that is gone.
package struct VersionClock: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// It takes force.
        case wins
        /// It is in force already.
        case duplicate
        /// Something newer is in force.
        case superseded
    }

    package private(set) var inForce: EventVersion?
    /// The highest sequence ever offered, winning or not.
    package private(set) var highestSequence: SequenceNumber?

    package init() {}

    /// A clock as it was stored.
    package init(inForce: EventVersion?, highestSequence: SequenceNumber?) {
        self.inForce = inForce
        self.highestSequence = highestSequence
    }

    /// Judges an event and takes it in.
    @discardableResult
    package mutating func offer(_ event: EventVersion) -> Verdict {
        let verdict = verdict(for: event)
        if verdict == .wins { inForce = event }
        if let sequence = event.sequence { highestSequence = max(sequence, highestSequence ?? sequence) }
        return verdict
    }

    /// Judges an event of a document whose source publishes full snapshots, and takes it in. The version in force, named again at a later place, is as new
    /// as that place: whoever asks what is older than another snapshot finds it there.
    ///
    /// - Parameters:
    ///   - isNamed: a snapshot names the document.
    ///   - isAbsent: what is in force was deleted because an earlier snapshot did not name it, by no event. Named again, it exists again; deleted by its
    ///     source as well, it does not.
    @discardableResult
    package mutating func offer(_ event: EventVersion, isNamed: Bool, isAbsent: Bool) -> Verdict {
        guard let current = inForce, current.sequence != nil, current.sequence == event.sequence else { return offer(event) }
        if event.isDeletion, isAbsent {
            inForce = event
            return .wins
        }
        guard isNamed, !event.isDeletion, isAbsent || !current.isDeletion, event.position.isLater(than: current.position) else { return offer(event) }
        if isAbsent {
            inForce = event
            return .wins
        }
        let verdict = offer(event)
        inForce = EventVersion(sequence: current.sequence, position: event.position, digest: inForce?.digest ?? event.digest, isDeletion: false)
        return verdict
    }

    /// Judges an event and changes nothing.
    package func verdict(for event: EventVersion) -> Verdict {
        guard let current = inForce else { return .wins }
        if event.position.isSameRecord(as: current.position) { return .duplicate }
        guard let sequence = event.sequence, let highestSequence else {
            return event.position.isLater(than: current.position) ? .wins : .superseded
        }
        if current.sequence == nil, event.position.sharesPartition(with: current.position), current.position.isLater(than: event.position) {
            return .superseded  // in the partition's order it came first, and was replaced
        }
        guard sequence == highestSequence else { return sequence > highestSequence ? .wins : .superseded }
        if let own = current.sequence, own < sequence { return .wins }  // it was seen, and what was made of it is gone
        guard current.sequence == sequence else { return .superseded }  // it was seen before an unsequenced event took over
        return verdictOfEqualSequences(event, current)
    }

    private func verdictOfEqualSequences(_ event: EventVersion, _ current: EventVersion) -> Verdict {
        switch (event.isDeletion, current.isDeletion) {
        case (true, true): .duplicate
        case (true, false): .wins
        case (false, true): .superseded
        case (false, false) where event.digest == current.digest: .duplicate
        case (false, false): current.digest.lexicographicallyPrecedes(event.digest) ? .wins : .superseded
        }
    }
}
