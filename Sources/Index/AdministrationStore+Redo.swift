import Contract
import Postgres

/// What a generation has of a document, and the record it was made of.
package struct RenditionPlace: Sendable, Hashable {
    package let document: DocumentNumber
    package let incarnation: Int32
    /// The broker's id of the topic then; empty where it gave none.
    package let brokerTopicID: String
    package let position: RecordPosition
    package let timestampMilliseconds: Int64
    /// SHA-256 of the record's value.
    package let digest: [UInt8]
    package let chunks: Int
    /// Another one, each time the document is written.
    package let write: Int64

    /// Whether both are made of the same record.
    package func isSameVersion(as other: Self) -> Bool { incarnation == other.incarnation && position == other.position }
}

extension AdministrationStore {
    /// - Returns: nothing where the generation has no such document.
    package func place(of document: RecordKey, in generation: GenerationNumber) async throws -> RenditionPlace? {
        try await read { session in
            let rows = try session.execute(
                .renditionPlace,
                [.text(document.tenant.text), .text(document.source.text), .text(document.subject.text), .int4(generation.value)])
            guard rows.count == 1 else { return nil }
            return RenditionPlace(
                document: DocumentNumber(tenant: TenantNumber(try rows.int32(0, 0)), document: try rows.int64(0, 1)), incarnation: try rows.int32(0, 2),
                brokerTopicID: try rows.string(0, 4),
                position: RecordPosition(topic: try rows.string(0, 3), partition: try rows.int32(0, 5), offset: try rows.int64(0, 6)),
                timestampMilliseconds: try rows.int64(0, 7), digest: try rows.bytes(0, 8), chunks: Int(try rows.int32(0, 9)), write: try rows.int64(0, 10))
        }
    }
}
