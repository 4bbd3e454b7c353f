import Contract
import Digest
import Index

/// A record with the claim its partition is held under.
package struct HeldRecord: Sendable {
    package let record: InboundRecord
    /// Nothing for one that waited and is tried again: it belongs to no partition in hand.
    let claim: Claim?
    /// Of the topic it was read from.
    let incarnation: Int32
    /// How it fared so far, where it waited.
    let waiting: DeferredRecord?

    init(_ record: InboundRecord, _ claim: Claim) {
        (self.record, self.claim, incarnation, waiting) = (record, claim, claim.key.incarnation, nil)
    }

    init(_ waiting: DeferredRecord) {
        (record, claim, incarnation, self.waiting) = (waiting.record, nil, waiting.incarnation, waiting)
    }

    init(_ due: DueReference) {
        (record, claim, incarnation, waiting) = (due.record, nil, due.incarnation, nil)
    }
}

/// A record decoded: an event, or the reason why it is none.
struct ClaimedRecord: Sendable {
    /// As it was published; of a redrive, originally.
    let record: InboundRecord
    /// Of the topic it was published to.
    let incarnation: Int32
    /// What the partition it was read from is held under.
    let claim: Claim?
    let waiting: DeferredRecord?
    /// It was a dead letter, and came back.
    let isRedriven: Bool
    /// What was made of it is to be made anew.
    let isRedone: Bool
    let decoded: DecodedEvent

    init(
        record: InboundRecord, incarnation: Int32, claim: Claim?, waiting: DeferredRecord? = nil, isRedriven: Bool = false, isRedone: Bool = false,
        decoded: DecodedEvent
    ) {
        (self.record, self.incarnation, self.claim, self.waiting, self.isRedriven) = (record, incarnation, claim, waiting, isRedriven)
        self.isRedone = isRedone
        self.decoded = decoded
    }

    /// - Parameter isDeletion: what the version clocks take for one.
    func version(sequence: SequenceNumber?, isDeletion: Bool) -> EventVersion {
        EventVersion(sequence: sequence, position: versionPosition, digest: SHA256.hash(record.value ?? []), isDeletion: isDeletion)
    }

    var versionPosition: VersionPosition {
        VersionPosition(incarnation: incarnation, record: record.position, timestampMilliseconds: record.timestampMilliseconds)
    }

    func outcome(
        _ kind: Outcome.Kind, tenant: TenantID, id: String?, trace: TraceContext, rejection: Rejection? = nil, generation: String? = nil,
        counts: Outcome.ChunkCounts? = nil, snapshot: SnapshotTally? = nil
    ) -> Outcome {
        Outcome(
            kind, rejection: rejection, generation: generation, counts: counts, snapshot: snapshot, position: record.position, incarnation: incarnation,
            tenant: tenant, recordKey: record.key, correlationID: id, trace: trace)
    }

    func letter(_ rejection: Rejection, group: String) -> DeadLetter {
        DeadLetter(record: record, group: group, deliveryCount: 1, rejection: rejection)
    }

    /// The same record, refused for what could not be done with it.
    func refused(_ rejection: Rejection) -> ClaimedRecord {
        let refusal =
            switch decoded {
            case .event(let event): RejectedEvent(rejection, event)
            case .snapshotClosed(let closed): RejectedEvent(rejection, closed)
            case .rejected(let rejected): rejected
            }
        return ClaimedRecord(
            record: record, incarnation: incarnation, claim: claim, waiting: waiting, isRedriven: isRedriven, isRedone: isRedone, decoded: .rejected(refusal))
    }

    /// The name an event is about, in the database's terms.
    static func name(_ key: RecordKey, _ tenants: TenantDirectory) -> Name? {
        tenants[key.tenant].map { Name(tenant: $0, source: key.source, subject: key.subject) }
    }
}

extension [ClaimedRecord] {
    var claims: Set<Claim> { Set(compactMap(\.claim)) }
}
