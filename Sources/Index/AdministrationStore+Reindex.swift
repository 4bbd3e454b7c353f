import Contract
import Postgres

/// A generation being filled from the topics, or that was.
package struct Reindex: Sendable, Hashable {
    package let number: Int32
    package let generation: GenerationNumber
    package let name: String
    /// Documents a second, of each process; nothing: as fast as it goes.
    package let rate: Int?
    package let startedAt: Timestamp
    /// Nothing while it is under way.
    package let finishedAt: Timestamp?
    /// That the live generation had when it began.
    package let documents: Int64
    package let actor: String
    /// Records, of those up to its watermarks.
    package let done: Int64
    package let total: Int64
}

/// A partition of a topic that is to be read: what of it there is.
package struct PartitionExtent: Sendable, Hashable {
    package let key: PartitionKey
    package let offsets: Range<Int64>

    package init(key: PartitionKey, offsets: Range<Int64>) {
        self.key = key
        self.offsets = offsets
    }
}

extension AdministrationStore {
    /// The newest first. What has come to its watermarks is finished by that.
    package func reindexes() async throws -> [Reindex] {
        try await write { session in
            let rows = try session.pipeline([(.reindexSettle, []), (.reindexList, [])])[1]
            return try (0..<rows.count).map { row in
                Reindex(
                    number: try rows.int32(row, 0), generation: GenerationNumber(try rows.int32(row, 1)), name: try rows.string(row, 2),
                    rate: try rows.optionalInt32(row, 3).map(Int.init), startedAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 4)),
                    finishedAt: try rows.moment(row, 5), documents: try rows.int64(row, 6), actor: try rows.string(row, 7), done: try rows.int64(row, 8),
                    total: try rows.int64(row, 9))
            }
        }
    }

    /// Whether the generation's workers have taken up any partition, or were told where to begin.
    package func hasBegun(_ generation: Generation) async throws -> Bool {
        try await read { try $0.execute(.generationBegun, [.text(generation.group)]).bool(0, 0) }
    }

    /// Writes down what is to be read, and where its workers begin where they have not begun.
    ///
    /// - Parameters:
    ///   - extents: up to the watermarks.
    ///   - start: nothing: at each partition's beginning.
    /// - Returns: nothing where one is under way into the generation.
    package func startReindex(
        into generation: Generation, rate: Int?, documents: Int64, extents: [PartitionExtent], start: [PartitionKey: Int64]?
    ) async throws -> Int32? {
        try await write { [self] session in
            let made = try session.execute(
                .reindexStart, [.int4(generation.number.value), .int4(rate.map(Int32.init)), .int8(documents), .text(actor)])
            guard made.count == 1 else { return nil }
            let number = try made.int32(0, 0)
            let keys: [Parameter] = [.int4Array(extents.map(\.key.incarnation)), .int4Array(extents.map(\.key.partition))]
            let starts = extents.map { max(start?[$0.key] ?? 0, $0.offsets.lowerBound) }
            _ = try session.execute(
                .reindexWatermarkInsert, [.int4(number)] + keys + [.int8Array(starts), .int8Array(extents.map(\.offsets.upperBound))])
            if start != nil { _ = try session.execute(.generationPositionsBegin, [.text(generation.group)] + keys + [.int8Array(starts)]) }
            let detail: [String: JSON] = ["generation": .string(generation.name), "records": .number(extents.reduce(0) { $0 + $1.offsets.count })]
            try AuditLog.append(audit(.reindexStart, nil, detail), session)
            return number
        }
    }

    /// - Returns: whether it was under way. What it has written stays.
    package func cancelReindex(_ reindex: Reindex) async throws -> Bool {
        try await write { [self] session in
            guard try session.execute(.reindexCancel, [.int4(reindex.number)]).affectedCount == 1 else { return false }
            try AuditLog.append(audit(.reindexCancel, nil, ["generation": .string(reindex.name)]), session)
            return true
        }
    }
}
