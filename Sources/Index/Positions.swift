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

/// A partition this worker has claimed: every write renews its position under the epoch, or is refused.
package struct Claim: Hashable, Sendable {
    package let key: PartitionKey
    package let epoch: Int64
    /// Where to go on.
    package let nextOffset: Int64
}

/// How far a transaction brings a partition.
package struct PositionAdvance: Hashable, Sendable {
    package let claim: Claim
    package let nextOffset: Int64

    package init(claim: Claim, nextOffset: Int64) {
        self.claim = claim
        self.nextOffset = nextOffset
    }
}

/// The truth about how far a consumer group has come; Kafka's committed offsets mirror it.
enum Positions {
    static func incarnation(topic: String, brokerID: String, _ session: Session) throws -> Int32 {
        _ = try session.execute(.topicIncarnationEnsure, [.text(topic), .text(brokerID)])
        let rows = try session.execute(.topicIncarnationFind, [.text(topic), .text(brokerID)])
        guard rows.count == 1 else { throw IndexError.inconsistent }
        return try rows.int32(0, 0)
    }

    static func claim(_ keys: [PartitionKey], group: String, _ session: Session) throws -> [Claim] {
        var epochs: [PartitionKey: Int64] = [:]
        for key in keys { epochs[key] = .random(in: .min ... .max) }
        let rows = try session.execute(
            .appliedPositionClaim,
            [.text(group), .int4Array(keys.map(\.incarnation)), .int4Array(keys.map(\.partition)), .int8Array(keys.map { epochs[$0] })])
        return try (0..<rows.count).map { row in
            let key = PartitionKey(incarnation: try rows.int32(row, 0), partition: try rows.int32(row, 1))
            guard let epoch = epochs[key] else { throw IndexError.inconsistent }
            return Claim(key: key, epoch: epoch, nextOffset: try rows.int64(row, 2))
        }
    }

    /// - Throws: `IndexError.fenced`.
    static func advance(_ advances: [PositionAdvance], group: String, _ session: Session) throws {
        guard !advances.isEmpty else { return }
        let rows = try session.execute(
            .appliedPositionAdvance,
            [
                .text(group), .int4Array(advances.map(\.claim.key.incarnation)), .int4Array(advances.map(\.claim.key.partition)),
                .int8Array(advances.map(\.claim.epoch)), .int8Array(advances.map(\.nextOffset)),
            ])
        guard rows.count == advances.count else { throw IndexError.fenced }
    }
}
