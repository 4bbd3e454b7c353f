import Contract
import Postgres

/// What a tenant has cached of one embedding space.
package struct CachedSpace: Sendable, Hashable {
    let tenant: Int32
    let space: String
}

/// The outcomes of one group and partition, up to where nobody asks for them again.
package struct OutcomePartition: Sendable, Hashable {
    let group: String
    let incarnation: Int32
    let partition: Int32
    /// The first offset that somebody may ask for.
    let end: Int64
}

/// What one look found.
package struct Pruned: Sendable, Hashable {
    /// Taken away, or only counted.
    package let count: Int
    /// Whether there may be more behind it.
    package let isMore: Bool
}

/// Where a walk through cached vectors stands.
package struct CacheWalk: Sendable {
    fileprivate var last: [UInt8] = []

    package init() {}
}

/// Where a walk through outcomes stands.
package struct OutcomeWalk: Sendable {
    fileprivate var last: Int64 = -1

    package init() {}
}

/// Whether what is found goes, and what is old enough.
package struct PruningTerms: Sendable {
    let before: Timestamp
    let countsOnly: Bool

    package init(before: Timestamp, countsOnly: Bool) {
        self.before = before
        self.countsOnly = countsOnly
    }
}

extension AdministrationStore {
    /// Rows of one look: a second at most.
    private static let (vectorsAtOnce, outcomesAtOnce): (Int32, Int32) = (100_000, 10_000)

    // MARK: cached vectors

    package func cachedSpaces() async throws -> [CachedSpace] {
        try await read { session in
            var found: [CachedSpace] = []
            while true {
                let last = found.last ?? CachedSpace(tenant: 0, space: "")
                let rows = try session.execute(.embeddingCacheNext, [.int4(last.tenant), .text(last.space)])
                guard rows.count == 1 else { return found }
                found.append(CachedSpace(tenant: try rows.int32(0, 0), space: try rows.string(0, 1)))
            }
        }
    }

    /// Takes away vectors that no chunk of any generation of the space is made of. One that is missed later is made anew.
    package func pruneCache(_ cached: CachedSpace, _ walk: inout CacheWalk, _ terms: PruningTerms) async throws -> Pruned {
        let parameters: [Parameter] = [
            .int4(cached.tenant), .text(cached.space), .bytea(walk.last), .int4(Self.vectorsAtOnce),
            .timestamptz(microseconds: terms.before.microsecondsSinceEpoch), .bool(terms.countsOnly),
        ]
        let (seen, last, count) = try await write { session in
            let rows = try session.execute(.embeddingCachePrune, parameters)
            return (try rows.int64(0, 0), try rows.optionalBytes(0, 1), Int(try rows.int64(0, 2)))
        }
        if let last { walk.last = last }
        return Pruned(count: count, isMore: seen == Int64(Self.vectorsAtOnce))
    }

    // MARK: outcomes

    package func outcomePartitions() async throws -> [OutcomePartition] {
        try await read { session in
            let rows = try session.execute(.outcomePartitions)
            return try (0..<rows.count).map {
                OutcomePartition(
                    group: try rows.string($0, 0), incarnation: try rows.int32($0, 1), partition: try rows.int32($0, 2), end: try rows.int64($0, 3))
            }
        }
    }

    /// Takes away what was told long ago and nobody asks for again.
    package func pruneOutcomes(_ partition: OutcomePartition, _ walk: inout OutcomeWalk, _ terms: PruningTerms) async throws -> Pruned {
        let parameters: [Parameter] = [
            .text(partition.group), .int4(partition.incarnation), .int4(partition.partition), .int8(walk.last), .int4(Self.outcomesAtOnce),
            .int8(partition.end), .timestamptz(microseconds: terms.before.microsecondsSinceEpoch), .bool(terms.countsOnly),
        ]
        let (seen, last, count, isOld) = try await write { session in
            let rows = try session.execute(.outcomePrune, parameters)
            return (try rows.int64(0, 0), try rows.optionalInt64(0, 1), Int(try rows.int64(0, 2)), try rows.bool(0, 3))
        }
        if let last { walk.last = last }
        // Times grow with offsets, but for those that waited: past a whole page of newer ones nothing is old.
        return Pruned(count: count, isMore: isOld && seen == Int64(Self.outcomesAtOnce))
    }

    // MARK: what hangs on nothing

    /// Findings among some documents of a tenant, with how many there are of each.
    package func orphans(_ tenant: TenantRecord, in window: DocumentWindow) async throws -> [String: Int] {
        try await read { session in
            let rows = try session.execute(.orphanCheck, [.int4(tenant.number.value), .int8(window.after), .int8(window.through)])
            return Dictionary(uniqueKeysWithValues: try (0..<rows.count).map { (try rows.string($0, 0), Int(try rows.int64($0, 1))) })
        }
    }
}
