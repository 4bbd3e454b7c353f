import Contract
import Postgres

/// What one generation has of a document.
package struct RenditionTrace: Sendable {
    /// Why a newer version is not there yet.
    package struct Wait: Sendable {
        package let host: String?
        package let reason: String
        package let attempts: Int
        package let dueAt: Timestamp
    }

    package let generation: String
    package let isLive: Bool
    package let isPresent: Bool
    package let version: String?
    package let isSettled: Bool
    package let chunks: Int
    package let mediaType: String?
    package let language: String?
    /// Of the extracted text, UTF-8.
    package let textBytes: Int?
    package let textDigest: [UInt8]?
    package let wait: Wait?
    /// Only where asked for.
    package let title: String?
    package let text: String?
}

/// What became of one record of a document or of its entry.
package struct OutcomeTrace: Sendable {
    package let group: String
    package let position: RecordPosition
    package let outcome: String
    package let code: String?
    package let reason: String?
    package let recordedAt: Timestamp
    /// Whether it was told on the status topic.
    package let isPublished: Bool
}

extension AdministrationStore {
    package func renditions(of tenant: TenantID, _ source: SourceName, _ document: Subject, withText: Bool) async throws -> [RenditionTrace] {
        try await read { session in
            let rows = try session.execute(.traceRenditions, [.text(tenant.text), .text(source.text), .text(document.text), .bool(withText)])
            return try (0..<rows.count).map { row in
                let wait = try rows.optionalString(row, 14).map {
                    RenditionTrace.Wait(
                        host: try rows.optionalString(row, 13), reason: $0, attempts: Int(try rows.int32(row, 15)),
                        dueAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 16)))
                }
                return RenditionTrace(
                    generation: try rows.string(row, 0), isLive: try rows.bool(row, 1), isPresent: try rows.optionalInt16(row, 2) == 1,
                    version: try rows.version(row, column: 3), isSettled: try rows.bool(row, 6), chunks: Int(try rows.optionalInt32(row, 7) ?? 0),
                    mediaType: try rows.optionalString(row, 8), language: try rows.optionalString(row, 9),
                    textBytes: try rows.optionalInt64(row, 10).map(Int.init), textDigest: try rows.optionalBytes(row, 11), wait: wait,
                    title: try rows.optionalString(row, 12), text: try rows.optionalBytes(row, 17).map { String(decoding: $0, as: UTF8.self) })
            }
        }
    }

    /// Of the records that are in force or were once, and of all that did not take effect; the newest first.
    package func outcomes(of key: RecordKey, limit: Int) async throws -> [OutcomeTrace] {
        try await read { session in
            let rows = try session.execute(
                .traceOutcomes,
                [.text(key.tenant.text), .text(key.source.text), .text(key.subject.text), .bytea(key.bytes), .int4(Int32(clamping: limit))])
            return try (0..<rows.count).map { row in
                OutcomeTrace(
                    group: try rows.string(row, 0),
                    position: RecordPosition(topic: try rows.string(row, 1), partition: try rows.int32(row, 2), offset: try rows.int64(row, 3)),
                    outcome: try rows.string(row, 4), code: try rows.optionalString(row, 5), reason: try rows.optionalString(row, 6),
                    recordedAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 7)), isPublished: try rows.bool(row, 8))
            }
        }
    }
}
