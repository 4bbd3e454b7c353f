import Contract
import Postgres

/// A generation as an admin sees it.
package struct GenerationOverview: Sendable {
    package enum State: String, Sendable {
        /// Answers queries.
        case live
        /// In the making: it never was live.
        case building
        /// Was live, and may be again.
        case kept
        /// Its rows are going.
        case dropped
    }

    package let generation: Generation
    package let state: State
    /// Whose documents alone it has; nothing: everybody's.
    package let onlyTenant: TenantID?
    package let createdAt: Timestamp
    package let promotedAt: Timestamp?
    package let retiredAt: Timestamp?
}

/// What a generation holds of a tenant.
package struct GenerationCounts: Hashable, Sendable {
    package let documents: Int64
    package let chunks: Int64
}

/// Where a generation has yet to come to what the live one has told of.
package struct PartitionBehind: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let records: Int64
}

/// What became of a promotion.
package enum Promotion: Sendable, Hashable {
    /// - Parameter milliseconds: how long nothing could be written by either generation.
    case done(milliseconds: Double)
    /// It is the live one.
    case unchanged
    case behind([PartitionBehind])
    case unknown
}

extension AdministrationStore {
    package func generations() async throws -> [GenerationOverview] {
        try await read { session in
            let rows = try session.execute(.generationOverview)
            return try (0..<rows.count).map { row in
                let generation = try Generation.read(rows, row)
                let promotedAt = try rows.optionalTimestamp(row, 8)
                let isDropped = try rows.optionalTimestamp(row, 10) != nil
                return GenerationOverview(
                    generation: generation, state: isDropped ? .dropped : generation.isLive ? .live : promotedAt == nil ? .building : .kept,
                    onlyTenant: try rows.optionalString(row, 11).flatMap { TenantID($0) },
                    createdAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 7)),
                    promotedAt: promotedAt.map(Timestamp.init(microsecondsSinceEpoch:)),
                    retiredAt: try rows.optionalTimestamp(row, 9).map(Timestamp.init(microsecondsSinceEpoch:)))
            }
        }
    }

    /// By tenant; looks at every rendition of the generation.
    package func counts(of generation: GenerationNumber) async throws -> [TenantID: GenerationCounts] {
        try await read { session in
            let rows = try session.execute(.generationCounts, [.int4(generation.value)])
            var counts: [TenantID: GenerationCounts] = [:]
            for row in 0..<rows.count {
                guard let tenant = TenantID(try rows.string(row, 0)) else { continue }
                counts[tenant] = GenerationCounts(documents: try rows.int64(row, 1), chunks: try rows.int64(row, 2))
            }
            return counts
        }
    }

    /// - Parameter tenant: whose documents alone it is to have; nothing: everybody's.
    /// - Returns: whether it is new; the first of all is live at once, and everybody's.
    @discardableResult
    package func createGeneration(
        name: String, embeddingSpace: String, dimension: Int, chunker: String, parser: String, tenant: TenantID? = nil
    ) async throws -> Bool {
        try await write { session in
            let made = try session.execute(
                .generationCreate, [.text(name), .text(embeddingSpace), .int4(Int32(dimension)), .text(chunker), .text(parser), .text(tenant?.text)])
            guard !made.isEmpty else { return false }
            let detail: [String: JSON] = [
                "generation": .string(name), "space": .string(embeddingSpace), "chunker": .string(chunker), "parser": .string(parser),
            ]
            try AuditLog.append(audit(.generationCreate, tenant, detail), session)
            return true
        }
    }

    // MARK: what is live

    /// Makes a generation the live one, in one transaction: what is answered changes, and with it who tells of records.
    ///
    /// Each record is told of by one of the two: what the one that steps back has told of, the other has come to, or this waits for it; what the other has
    /// come to before is told now; and what it refused before has no dead letter yet, and comes again. Whoever works for either is fenced, and claims anew.
    ///
    /// - Parameter detail: of the audit's line: why, and what was known.
    package func promote(_ number: GenerationNumber, detail: [String: JSON]) async throws -> Promotion {
        // Workers that end what waited take locks in another order.
        for _ in 0..<2 {
            do { return try await promoteOnce(number, detail: detail) } catch let error as PostgresError where error.sqlState == "40P01" { continue }
        }
        return try await promoteOnce(number, detail: detail)
    }

    private func promoteOnce(_ number: GenerationNumber, detail: [String: JSON]) async throws -> Promotion {
        try await write { [self] session in
            let rows = try session.pipeline([(.generationLockExclusive, []), (.generationOverview, [])])[1]
            let generations = try (0..<rows.count).filter { try rows.optionalTimestamp($0, 10) == nil }.map { try Generation.read(rows, $0) }
            guard let next = generations.first(where: { $0.number == number }) else { return .unknown }
            guard let live = generations.first(where: \.isLive) else { throw IndexError.inconsistent }
            guard live != next else { return .unchanged }
            let groups: [Parameter] = [.text(live.group), .text(next.group)]
            let locked = ContinuousClock.now
            // The one that steps back tells of nothing more; the other comes to what it has told of.
            _ = try session.execute(.generationPositionsLock, [groups[0]])
            var behind = try Self.behind(groups, session)
            while !behind.isEmpty, ContinuousClock.now - locked < Self.catchUp {
                _ = try session.execute(.generationWait, [.int4(10)])
                behind = try Self.behind(groups, session)
            }
            guard behind.isEmpty else { return .behind(behind) }
            _ = try session.execute(.generationPositionsLock, [groups[1]])
            let isLimited = try (0..<rows.count).contains { try rows.int32($0, 0) == number.value && rows.optionalString($0, 11) != nil }
            if isLimited { _ = try session.execute(.generationPositionsRewind, groups) }
            // What waits in the one that steps back was promised an end, and the other may never have come across it.
            _ = try session.execute(
                .reindexDeferredCopy, [.int4(number.value), .text(next.group), .int4(live.number.value), .text(live.group), .int4(nil)])
            _ = try session.pipeline([
                (.generationRejectionsReopen, groups), (.generationOutcomesSpeak, groups),
                (.generationPositionsFence, groups + [.int8(.random(in: .min ... .max))]), (.generationRetire, []),
                (.generationRaise, [.int4(number.value)]),
            ])
            let more: [String: JSON] = ["generation": .string(next.name), "instead": .string(live.name)]
            try AuditLog.append(audit(.generationPromote, nil, detail.merging(more) { $1 }), session)
            return .done(milliseconds: (ContinuousClock.now - locked) / .milliseconds(1))
        }
    }

    /// How long a promotion holds up the live generation's writes, for the other to catch up: below what its workers wait for a statement.
    private static let catchUp = Duration.seconds(2)

    /// Where a generation has yet to come to what the live one has told of.
    package func behind(_ generation: Generation, live: Generation) async throws -> [PartitionBehind] {
        try await read { try Self.behind([.text(live.group), .text(generation.group)], $0) }
    }

    private static func behind(_ groups: [Parameter], _ session: Session) throws -> [PartitionBehind] {
        let rows = try session.execute(.generationBehind, groups)
        return try (0..<rows.count).map {
            PartitionBehind(topic: try rows.string($0, 0), partition: try rows.int32($0, 1), records: try rows.int64($0, 2))
        }
    }

    // MARK: dropping

    /// Drops a generation at once: nobody can write for it any more, and its name is free. Its rows are swept later.
    /// - Returns: whether it was there, and neither live nor read for another one.
    package func drop(_ generation: Generation, detail: [String: JSON]) async throws -> Bool {
        try await write { [self] session in
            _ = try session.execute(.generationLockExclusive)
            guard try session.execute(.generationDrop, [.int4(generation.number.value)]).affectedCount == 1 else { return false }
            _ = try session.pipeline([
                (.generationPositionsForget, [.text(generation.group)]), (.generationDeferredForget, [.int4(generation.number.value)]),
                (.generationReindexForget, [.int4(generation.number.value)]),
            ])
            try AuditLog.append(audit(.generationDrop, nil, detail.merging(["generation": .string(generation.name)]) { $1 }), session)
            return true
        }
    }

    /// Takes rows of dropped generations away, in a transaction of some ten milliseconds.
    /// - Returns: how many documents'; 0: none are left.
    package func sweepDropped(_ generation: GenerationNumber) async throws -> Int {
        try await write { try $0.execute(.generationSweep, [.int4(generation.value), .int4(Self.sweptAtOnce)]).affectedCount }
    }

    private static let sweptAtOnce: Int32 = 200
}
