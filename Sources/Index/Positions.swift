import Postgres

/// A partition of one incarnation of a topic.
package struct PartitionKey: Hashable, Sendable {
    package let incarnation: Int32
    package let partition: Int32

    package init(incarnation: Int32, partition: Int32) {
        self.incarnation = incarnation
        self.partition = partition
    }
}

/// A partition this worker has claimed: every write holds it under the epoch, or is refused.
package struct Claim: Hashable, Sendable {
    package let key: PartitionKey
    package let epoch: Int64
    /// Where to go on.
    package let nextOffset: Int64
    /// When the server was started, in microseconds since 1970: after a restart, claims are made anew.
    package let server: Int64
    /// Whether what becomes of its records is told: of a generation, whether it is the live one. A promotion ends the epoch.
    package let speaks: Bool
    /// Whose records alone are worked on; nothing: everybody's.
    package let onlyTenant: TenantNumber?
}

/// How far a partition is finished without a gap.
package struct PositionAdvance: Hashable, Sendable {
    package let claim: Claim
    /// Where this worker has left it.
    package let settledOffset: Int64
    package let nextOffset: Int64

    package init(claim: Claim, from settledOffset: Int64, to nextOffset: Int64) {
        self.claim = claim
        self.settledOffset = settledOffset
        self.nextOffset = nextOffset
    }
}

/// The truth about how far a consumer group has come; Kafka's committed offsets mirror it.
///
/// Writes hold a claim's row for key share: any number at once, beside the settling of positions, which changes no key. A claim locks it for update:
/// it waits for the writes under the old epoch, and refuses those that come after it.
enum Positions {
    static func incarnation(topic: String, brokerID: String, _ session: Session) throws -> Int32 {
        _ = try session.execute(.topicIncarnationEnsure, [.text(topic), .text(brokerID)])
        let rows = try session.execute(.topicIncarnationFind, [.text(topic), .text(brokerID)])
        guard rows.count == 1 else { throw IndexError.inconsistent }
        return try rows.int32(0, 0)
    }

    /// - Parameter generation: nothing for the registrar, which always speaks.
    static func claim(_ keys: [PartitionKey], group: String, generation: GenerationNumber?, _ session: Session) throws -> [Claim] {
        guard !keys.isEmpty else { return [] }
        let state = try generation.map { try Generations.holdState(of: $0, session) }
        var epochs: [PartitionKey: Int64] = [:]
        // Random, and compared for equality: a database that was restored would repeat counters.
        for key in keys { epochs[key] = .random(in: .min ... .max) }
        let columns: [Parameter] = [.text(group), .int4Array(keys.map(\.incarnation)), .int4Array(keys.map(\.partition))]
        _ = try session.execute(.appliedPositionEnsure, columns)
        _ = try session.execute(.appliedPositionLock, columns)
        let rows = try session.execute(.appliedPositionClaim, columns + [.int8Array(keys.map { epochs[$0] })])
        return try (0..<rows.count).map { row in
            let key = PartitionKey(incarnation: try rows.int32(row, 0), partition: try rows.int32(row, 1))
            guard let epoch = epochs[key] else { throw IndexError.inconsistent }
            return Claim(
                key: key, epoch: epoch, nextOffset: try rows.int64(row, 2), server: try rows.int64(row, 3), speaks: state?.isLive ?? true,
                onlyTenant: state?.onlyTenant)
        }
    }

    /// The first statement of every write: from here to its end nobody can claim these partitions.
    ///
    /// - Throws: `IndexError.fenced` where somebody has, or where this is not the server the claims were made at: it may hold an earlier database.
    static func hold(_ claims: Set<Claim>, group: String, _ session: Session) throws {
        guard !claims.isEmpty else { return }
        let claims = Array(claims)
        let rows = try session.execute(
            .appliedPositionHold,
            [
                .text(group), .int4Array(claims.map(\.key.incarnation)), .int4Array(claims.map(\.key.partition)), .int8Array(claims.map(\.epoch)),
                .int8Array(claims.map(\.server)),
            ])
        guard rows.count == claims.count else { throw IndexError.fenced }
    }

    /// Says of partitions that hold that nothing waits in them: whoever reads positions knows how old their state may be.
    static func touch(_ claims: Set<Claim>, group: String, _ session: Session) throws {
        guard !claims.isEmpty else { return }
        let keys = claims.map(\.key)
        _ = try session.execute(.appliedPositionTouch, [.text(group), .int4Array(keys.map(\.incarnation)), .int4Array(keys.map(\.partition))])
    }

    /// Moves positions from where this worker left them.
    ///
    /// - Throws: `IndexError.fenced` where one is claimed by another worker, or elsewhere.
    static func settle(_ advances: [PositionAdvance], group: String, _ session: Session) throws {
        guard !advances.isEmpty else { return }
        try hold(Set(advances.map(\.claim)), group: group, session)
        let rows = try session.execute(
            .appliedPositionSettle,
            [
                .text(group), .int4Array(advances.map(\.claim.key.incarnation)), .int4Array(advances.map(\.claim.key.partition)),
                .int8Array(advances.map(\.settledOffset)), .int8Array(advances.map(\.nextOffset)), .int8Array(advances.map(\.claim.epoch)),
            ])
        guard rows.count == advances.count else { throw IndexError.fenced }
    }
}
