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

/// A part of a partition that a generation has yet to come to.
package struct PartitionBehind: Hashable, Sendable {
    package let topic: String
    package let key: PartitionKey
    /// From where it has come to.
    package let offsets: Range<Int64>

    fileprivate init(_ rows: Rows, _ row: Int) throws {
        topic = try rows.string(row, 0)
        key = PartitionKey(incarnation: try rows.int32(row, 1), partition: try rows.int32(row, 2))
        let (from, through) = (try rows.int64(row, 3), try rows.int64(row, 4))
        offsets = from..<max(from, through)
    }

    static func list(_ rows: Rows) throws -> [PartitionBehind] { try (0..<rows.count).map { try PartitionBehind(rows, $0) } }
}

/// What became of a promotion.
package enum Promotion: Sendable, Hashable {
    /// - Parameter milliseconds: how long nothing could be written by either generation.
    case done(milliseconds: Double)
    /// It is the live one.
    case unchanged
    /// Another one is live than it was compared with.
    case changed(live: String)
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

    /// Says that a generation is to go live: for so long, whoever is asked reads its mirrors ahead.
    package func expect(_ number: GenerationNumber, seconds: Int) async throws {
        try await write { _ = try $0.execute(.generationExpect, [.int4(number.value), .int4(Int32(clamping: seconds))]) }
    }

    /// How many of its mirrors are being read at the moment.
    package func mirrorReaders(of number: GenerationNumber) async throws -> Int64 {
        try await read { try $0.execute(.mirrorReaders, [.int4(number.value)]).int64(0, 0) }
    }

    /// Makes a generation the live one, in one transaction: what is answered changes, and with it who tells of records.
    ///
    /// Each record is told of by one of the two: what the one that steps back has told of, the other has come to, or this waits for it; what the other has
    /// come to before is told now; and what it refused before has no dead letter yet, and comes again. Whoever works for either is fenced, and claims anew.
    ///
    /// - Parameters:
    ///   - live: whose place it takes.
    ///   - empty: what it need not come to, since nothing is left there to be read.
    ///   - detail: of the audit's line: why, and what was known.
    package func promote(
        _ number: GenerationNumber, inPlaceOf live: GenerationNumber, empty: [PartitionBehind] = [], detail: [String: JSON]
    ) async throws -> Promotion {
        try await writeDespiteDeadlocks { [self] session in
            let rows = try session.pipeline([(.generationLockExclusive, []), (.generationOverview, [])])[1]
            let generations = try (0..<rows.count).filter { try rows.optionalTimestamp($0, 10) == nil }.map { try Generation.read(rows, $0) }
            guard let next = generations.first(where: { $0.number == number }) else { return .unknown }
            guard let present = generations.first(where: \.isLive) else { throw IndexError.inconsistent }
            guard present != next else { return .unchanged }
            guard present.number == live else { return .changed(live: present.name) }
            let isLimited = try (0..<rows.count).contains { try rows.int32($0, 0) == number.value && rows.optionalString($0, 11) != nil }
            return try replace(present, by: next, isLimited: isLimited, empty, detail, session)
        }
    }

    private func replace(
        _ live: Generation, by next: Generation, isLimited: Bool, _ empty: [PartitionBehind], _ detail: [String: JSON], _ session: Session
    ) throws -> Promotion {
        let groups: [Parameter] = [.text(live.group), .text(next.group)]
        let locked = ContinuousClock.now
        // The one that steps back tells of nothing more; the other comes to what it has told of.
        _ = try session.execute(.generationPositionsLock, [groups[0]])
        var behind = try Self.behind(groups, empty, session)
        while !behind.isEmpty, ContinuousClock.now - locked < Self.catchUp {
            _ = try session.execute(.generationWait, [.int4(10)])
            behind = try Self.behind(groups, empty, session)
        }
        guard behind.isEmpty else { return .behind(behind) }
        _ = try session.execute(.generationPositionsLock, [groups[1]])
        if isLimited { _ = try session.execute(.generationPositionsRewind, groups) }
        // What waits in the one that steps back was promised an end, and the other may never have come across it, or have refused it in silence.
        let numbers: [Parameter] = [.int4(next.number.value), groups[1], .int4(live.number.value), groups[0], .int4(nil)]
        _ = try session.pipeline([
            (.generationRefusalsForget, [numbers[2], groups[1]]), (.reindexDeferredCopy, numbers), (.generationRejectionsReopen, groups),
            (.generationOutcomesSpeak, groups), (.generationPositionsFence, groups + [.int8(.random(in: .min ... .max))]), (.generationRetire, []),
            (.generationRaise, [numbers[0]]),
        ])
        let more: [String: JSON] = ["generation": .string(next.name), "instead": .string(live.name)]
        try AuditLog.append(audit(.generationPromote, nil, detail.merging(more) { $1 }), session)
        return .done(milliseconds: (ContinuousClock.now - locked) / .milliseconds(1))
    }

    /// How long a promotion holds up the live generation's writes, for the other to catch up: below what its workers wait for a statement.
    private static let catchUp = Duration.seconds(2)

    /// Where a generation has yet to come to what the live one has told of.
    package func behind(_ generation: Generation, live: Generation) async throws -> [PartitionBehind] {
        try await read { try Self.behind([.text(live.group), .text(generation.group)], [], $0) }
    }

    private static func behind(_ groups: [Parameter], _ empty: [PartitionBehind], _ session: Session) throws -> [PartitionBehind] {
        let passed: [Parameter] = [
            .int4Array(empty.map(\.key.incarnation)), .int4Array(empty.map(\.key.partition)), .int8Array(empty.map(\.offsets.upperBound)),
        ]
        return try PartitionBehind.list(try session.execute(.generationBehind, groups + passed))
    }

    // MARK: dropping

    /// Drops a generation at once: nobody can write for it any more. Its rows are swept later, and its name is free then.
    /// - Returns: whether it was there, and neither live nor read for another one.
    package func drop(_ generation: Generation, detail: [String: JSON]) async throws -> Bool {
        try await writeDespiteDeadlocks { [self] session in
            _ = try session.execute(.generationLockExclusive)
            guard try session.execute(.generationDrop, [.int4(generation.number.value)]).affectedCount == 1 else { return false }
            _ = try session.pipeline([
                (.generationPositionsForget, [.text(generation.group)]), (.generationDeferredForget, [.int4(generation.number.value)]),
                (.generationReindexForget, [.int4(generation.number.value)]),
            ])
            if let live = try Self.live(session) { _ = try session.execute(.generationOutcomesHandover, [.text(generation.group), .text(live.group)]) }
            try AuditLog.append(audit(.generationDrop, nil, detail.merging(["generation": .string(generation.name)]) { $1 }), session)
            return true
        }
    }

    private static func live(_ session: Session) throws -> Generation? {
        let rows = try session.execute(.generationOverview)
        return try (0..<rows.count).map { try Generation.read(rows, $0) }.first(where: \.isLive)
    }

    /// Whether a generation that had this name was dropped.
    package func wasDropped(_ name: String) async throws -> Bool {
        try await read { try $0.execute(.generationWasDropped, [.text(name)]).bool(0, 0) }
    }

    /// Takes rows of dropped generations away, in a transaction of some ten milliseconds: outcomes first, which keep its name.
    /// - Returns: how many documents'; nothing: no row is left.
    package func sweepDropped(_ generation: GenerationNumber) async throws -> Int? {
        try await write { session in
            let number = Parameter.int4(generation.value)
            if try session.execute(.generationOutcomesForget, [number, .int4(Self.outcomesAtOnce)]).affectedCount > 0 { return 0 }
            let count = try session.execute(.generationSweep, [number, .int4(Self.sweptAtOnce)]).affectedCount
            return count > 0 ? count : nil
        }
    }

    private static let (sweptAtOnce, outcomesAtOnce): (Int32, Int32) = (200, 2000)
}
