import Contract
import Digest
import Index

/// A record with the claim its partition is held under, decoded.
struct ClaimedRecord: Sendable {
    let record: InboundRecord
    let claim: Claim
    let decoded: DecodedEvent

    /// - Parameter isDeletion: what the version clocks take for one.
    func version(sequence: SequenceNumber?, isDeletion: Bool) -> EventVersion {
        EventVersion(
            sequence: sequence,
            position: VersionPosition(
                incarnation: claim.key.incarnation, record: record.position, timestampMilliseconds: record.timestampMilliseconds),
            digest: SHA256.hash(record.value ?? []), isDeletion: isDeletion)
    }

    func outcome(
        _ kind: Outcome.Kind, tenant: TenantID, id: String?, trace: TraceContext, rejection: Rejection? = nil, generation: String? = nil,
        counts: Outcome.ChunkCounts? = nil
    ) -> Outcome {
        Outcome(
            kind, rejection: rejection, generation: generation, counts: counts, position: record.position, incarnation: claim.key.incarnation,
            tenant: tenant, recordKey: record.key, correlationID: id, trace: trace)
    }

    /// The name an event is about, in the database's terms.
    static func name(_ key: RecordKey, _ tenants: TenantDirectory) -> Name? {
        tenants[key.tenant].map { Name(tenant: $0, source: key.source, subject: key.subject) }
    }
}

extension [ClaimedRecord] {
    /// How far these records bring each partition.
    var advances: [PositionAdvance] {
        var furthest: [PartitionKey: PositionAdvance] = [:]
        for item in self {
            let next = item.record.offset + 1
            if let known = furthest[item.claim.key], known.nextOffset >= next { continue }
            furthest[item.claim.key] = PositionAdvance(claim: item.claim, nextOffset: next)
        }
        // In one order, so that two groups' transactions never wait for each other in a circle.
        return furthest.values.sorted { ($0.claim.key.incarnation, $0.claim.key.partition) < ($1.claim.key.incarnation, $1.claim.key.partition) }
    }
}
