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
    /// The generation whose texts are divided and embedded anew; nothing: it is made from the topics alone.
    package let source: String?
    /// Where in the topics, as it was asked for; nothing: where they do.
    package let begins: String?
    /// Whose documents alone are made.
    package let onlyTenant: TenantID?
    /// Of the source's documents.
    package let stored: StoredProgress

    package struct StoredProgress: Sendable, Hashable {
        package let done: Int64
        package let total: Int64
        /// The model takes not all of their texts: they are missing.
        package let refused: Int64
    }
}

/// What is to be read, and where from.
package struct ReindexOrder: Sendable {
    /// Up to the watermarks.
    package let extents: [PartitionExtent]
    /// Nothing: at each partition's beginning, or where `source` has come to.
    package let start: [PartitionKey: Int64]?
    /// How that was asked for.
    package let begins: String?
    /// Documents a second, of each process.
    package let rate: Int?
    /// That there are.
    package let documents: Int64
    /// Whose texts are divided and embedded anew.
    package let source: Generation?
    package let reason: String?

    /// - Parameter begins: where in the topics, as it was asked for.
    package init(
        extents: [PartitionExtent], start: [PartitionKey: Int64]?, begins: String? = nil, rate: Int?, documents: Int64, source: Generation?, reason: String?
    ) {
        self.extents = extents
        self.start = start
        self.begins = begins
        self.rate = rate
        self.documents = documents
        self.source = source
        self.reason = reason
    }
}

/// A watermark that a reindex has not come to.
package struct OpenWatermark: Sendable, Hashable {
    fileprivate let reindex: Int32
    package let left: PartitionBehind
}

/// Where a generation has begun to be filled.
package enum GenerationBeginning: Sendable, Hashable {
    case nowhere
    /// With all there was.
    case regular
    /// Later than the topics do: what was published before is missing.
    case late
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
                    total: try rows.int64(row, 9), source: try rows.optionalString(row, 10),
                    begins: try rows.optionalString(row, 15), onlyTenant: try rows.optionalString(row, 11).flatMap { TenantID($0) },
                    stored: Reindex.StoredProgress(
                        done: try rows.int64(row, 12), total: try rows.int64(row, 13), refused: try rows.int64(row, 14)))
            }
        }
    }

    /// Where the generation's workers have taken up any partition, or were told to begin.
    package func beginning(of generation: Generation) async throws -> GenerationBeginning {
        try await read { session in
            let rows = try session.execute(.generationBegun, [.int4(generation.number.value), .text(generation.group)])
            return try rows.bool(0, 1) ? .late : rows.bool(0, 0) ? .regular : .nowhere
        }
    }

    /// How large the documents of all generations are together in the database, how many there are, and how large the database is.
    package func storage() async throws -> (bytes: Int64, documents: Int64, database: Int64) {
        try await read { session in
            let rows = try session.execute(.generationBytes)
            return (try rows.int64(0, 0), try rows.int64(0, 1), try rows.int64(0, 2))
        }
    }

    /// What is left to be read up to the watermarks of those under way.
    package func openWatermarks() async throws -> [OpenWatermark] {
        try await read { session in
            let rows = try session.execute(.reindexOpen)
            return try zip(PartitionBehind.list(rows), 0..<rows.count).map { OpenWatermark(reindex: try rows.int32($1, 5), left: $0) }
        }
    }

    /// Nothing is left there to be read.
    package func close(_ watermarks: [OpenWatermark]) async throws {
        let parameters: [Parameter] = [
            .int4Array(watermarks.map(\.reindex)), .int4Array(watermarks.map(\.left.key.incarnation)), .int4Array(watermarks.map(\.left.key.partition)),
            .int8Array(watermarks.map(\.left.offsets.lowerBound)),
        ]
        try await write { _ = try $0.execute(.reindexClose, parameters) }
    }

    /// Whether a generation's texts are being taken for another one.
    package func isRead(_ generation: Generation) async throws -> Bool {
        try await read { try $0.execute(.generationReads, [.int4(generation.number.value)]).bool(0, 0) }
    }

    /// Writes down what is to be read, and where the generation's workers begin where they have not begun.
    ///
    /// - Parameter tenant: whose documents alone the generation has; nothing: everybody's.
    /// - Returns: nothing where one is under way into the generation.
    package func startReindex(into generation: Generation, tenant: TenantID?, _ order: ReindexOrder) async throws -> Int32? {
        try await write { [self] session in
            let (target, source) = (Parameter.int4(generation.number.value), order.source.map { Parameter.int4($0.number.value) })
            let made = try session.execute(
                .reindexStart,
                [
                    target, .int4(order.rate.map(Int32.init)), .int8(order.documents), .text(actor), source ?? .int4(nil),
                    .text(order.begins),
                ])
            guard made.count == 1 else { return nil }
            let number = try made.int32(0, 0)
            let keys: [Parameter] = [.int4Array(order.extents.map(\.key.incarnation)), .int4Array(order.extents.map(\.key.partition))]
            let starts = order.extents.map { max(order.start?[$0.key] ?? 0, $0.offsets.lowerBound) }
            // A beginning past the end is no negative amount of work.
            let ends = order.extents.map(\.offsets.upperBound)
            _ = try session.execute(
                .reindexWatermarkInsert, [.int4(number)] + keys + [.int8Array(zip(starts, ends).map { min($0, $1) }), .int8Array(ends)])
            if let from = order.source, let source {
                let only = Parameter.int4(try session.execute(.generationState, [target]).optionalInt32(0, 2))
                // Positions first: what is behind them is in the rows that are looked at after them, made or waiting.
                _ = try session.execute(.reindexPositionsCopy, [.text(generation.group), .text(from.group)])
                _ = try session.execute(.reindexDeferredCopy, [target, .text(generation.group), source, .text(from.group), only])
                _ = try session.execute(.generationBeginLate, [target, .bool(false)])
                _ = try session.execute(.reindexSlicesMake, [.int4(number), source, only, .int4(Self.sliceDocuments)])
            } else if order.start != nil {
                _ = try session.execute(.generationBeginLate, [target, .bool(true)])
                _ = try session.execute(.generationPositionsBegin, [.text(generation.group)] + keys + [.int8Array(starts)])
            }
            var detail: [String: JSON] = [
                "generation": .string(generation.name), "records": .number(order.extents.reduce(0) { $0 + $1.offsets.count }),
            ]
            if let source = order.source { detail["stored"] = .string(source.name) }
            if let reason = order.reason { detail["reason"] = .string(reason) }
            try AuditLog.append(audit(.reindexStart, tenant, detail), session)
            return number
        }
    }

    /// What one worker takes up at a time: some seconds of work, which is what a worker that dies with it leaves undone for a while.
    private static let sliceDocuments: Int32 = 100

    /// - Returns: whether it was under way. What it has written stays; the positions it took over with another generation's texts do not, since the generation
    ///   has not come to them.
    package func cancelReindex(_ reindex: Reindex) async throws -> Bool {
        try await writeDespiteDeadlocks { [self] session in
            _ = try session.execute(.generationLockExclusive)
            guard try session.execute(.reindexCancel, [.int4(reindex.number)]).affectedCount == 1 else { return false }
            let isLive = try session.execute(.generationState, [.int4(reindex.generation.value)]).bool(0, 0)
            if reindex.source != nil, !isLive {
                _ = try session.execute(.generationPositionsForget, [.text(ConsumerGroups.ingest(generation: reindex.name))])
            }
            try AuditLog.append(audit(.reindexCancel, nil, ["generation": .string(reindex.name)]), session)
            return true
        }
    }
}
