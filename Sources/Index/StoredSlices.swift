import Postgres

/// Some documents of a generation whose texts are taken for another one, leased to one worker.
package struct StoredSlice: Sendable, Hashable {
    fileprivate let reindex: Int32
    fileprivate let slice: Int32
    package let tenant: TenantNumber
    fileprivate let documents: ClosedRange<Int64>
    /// Whose texts they are.
    package let source: GenerationNumber
    fileprivate let lease: Int64
}

extension IngestionStore {
    /// Whether a reindex into it is under way.
    package func isBeingFilled(_ generation: Generation) async throws -> Bool {
        try await read { try $0.execute(.reindexFilling, [.int4(generation.number.value), .text(generation.group)]).bool(0, 0) }
    }

    /// The next slice of what is to be made for a generation, leased to the caller.
    package func leaseSlice(for generation: GenerationNumber, _ duration: Duration) async throws -> StoredSlice? {
        try await write { session in
            let rows = try session.execute(
                .reindexSliceLease, [.int4(generation.value), .int8(Int64(duration / .milliseconds(1))), .int8(.random(in: .min ... .max))])
            guard rows.count == 1 else { return nil }
            return StoredSlice(
                reindex: try rows.int32(0, 0), slice: try rows.int32(0, 1), tenant: TenantNumber(try rows.int32(0, 2)),
                documents: try rows.int64(0, 3)...(try rows.int64(0, 4)), source: GenerationNumber(try rows.int32(0, 5)), lease: try rows.int64(0, 6))
        }
    }

    /// The documents of a slice that are still there, each with the length of its text.
    package func documents(of slice: StoredSlice) async throws -> [(document: DocumentNumber, bytes: Int)] {
        try await read { session in
            let rows = try session.execute(
                .reindexSliceDocuments,
                [
                    .int4(slice.tenant.value), .int4(slice.source.value), .int8(slice.documents.lowerBound), .int8(slice.documents.upperBound),
                ])
            return try (0..<rows.count).map { (DocumentNumber(tenant: slice.tenant, document: try rows.int64($0, 0)), Int(try rows.int64($0, 1))) }
        }
    }

    /// - Returns: whether the slice is still the caller's.
    package func renew(_ slice: StoredSlice, _ duration: Duration) async throws -> Bool {
        try await write {
            try $0.execute(
                .reindexSliceRenew, [.int4(slice.reindex), .int4(slice.slice), .int8(slice.lease), .int8(Int64(duration / .milliseconds(1)))]
            ).affectedCount == 1
        }
    }

    /// - Parameter refused: how many of its documents the model does not take.
    package func finish(_ slice: StoredSlice, refused: Int) async throws {
        try await write { _ = try $0.execute(.reindexSliceFinish, [.int4(slice.reindex), .int4(slice.slice), .int4(Int32(refused))]) }
    }

    /// Leaves it to the next worker.
    package func release(_ slice: StoredSlice) async throws {
        try await write { _ = try $0.execute(.reindexSliceRelease, [.int4(slice.reindex), .int4(slice.slice), .int8(slice.lease)]) }
    }
}
