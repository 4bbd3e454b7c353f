import Contract
import Postgres

/// Where records of a document have stood: what its tombstones must be written to.
package struct RecordPlace: Hashable, Sendable {
    /// Of its entry on `sluice.permissions`; else of the document itself.
    package let isEntry: Bool
    package let topic: String
    package let partition: Int32
    /// Of what is in force there, where it has one.
    package let sequence: SequenceNumber?
}

/// What became of a document's rows.
package struct DocumentErasure: Sendable {
    /// By table; nothing where a newer event has come since the tombstone: it is a new document.
    package let rows: [(table: String, count: Int)]?
    /// Documents and containers that need the name: with any, it stays.
    package let dependents: Int
    /// It has an entry of its own again, or still.
    package let hasEntry: Bool
    /// Its name is a keyed hash.
    package let isRenamed: Bool
}

extension AdministrationStore {
    package func recordPlaces(of source: SourceName, _ document: Subject, _ erasure: ErasureInHand) async throws -> [RecordPlace] {
        try await read { session in
            let rows = try session.execute(.erasurePositions, Self.name(source, document, erasure))
            return try (0..<rows.count).map { row in
                RecordPlace(
                    isEntry: try rows.bool(row, 0), topic: try rows.string(row, 1), partition: try rows.int32(row, 2),
                    sequence: try rows.optionalInt64(row, 3).map(SequenceNumber.init))
            }
        }
    }

    /// Takes away what every generation has of a document, and its name. In one transaction, under the lock every change of the document takes.
    ///
    /// - Precondition: the registrar has applied its tombstones.
    package func eraseRows(of source: SourceName, _ document: Subject, _ erasure: ErasureInHand) async throws -> DocumentErasure {
        try await write { session in
            let locked = try session.execute(.erasureDocumentLock, Self.name(source, document, erasure))
            guard locked.count > 0 else { return DocumentErasure(rows: [], dependents: 0, hasEntry: false, isRenamed: true) }
            let key: [Parameter] = [.int4(erasure.tenantNumber.value), .int8(try locked.int64(0, 0))]
            let found = try session.execute(.erasureDocumentLoad, key)
            let (isNew, hasEntry, dependents) = (try found.bool(0, 0), try found.bool(0, 1), Int(try found.int64(0, 2)))
            guard !isNew else { return DocumentErasure(rows: nil, dependents: dependents, hasEntry: hasEntry, isRenamed: false) }
            let counts = try session.execute(.erasureDocumentClear, key)
            var rows = try Self.clearedTables.enumerated().map { (table: $1, count: Int(try counts.int64(0, $0))) }
            guard dependents == 0 else { return DocumentErasure(rows: rows, dependents: dependents, hasEntry: hasEntry, isRenamed: false) }
            let renamed = try session.execute(.erasureDocumentRename, key + [.text(source.text), .text(document.text), .text(erasure.hash)])
            rows.append(("access_change", Int(try renamed.int64(0, 1))))
            return DocumentErasure(rows: rows, dependents: 0, hasEntry: hasEntry, isRenamed: true)
        }
    }

    /// Takes away what was told of a document's records.
    /// - Returns: how many outcomes went, and how many stay because they are not told yet.
    package func eraseOutcomes(of source: SourceName, _ document: Subject, _ erasure: ErasureInHand) async throws -> (erased: Int, left: Int) {
        let key = RecordKey(tenant: erasure.tenant, source: source, subject: document).bytes
        return try await write { session in
            let parameters: [Parameter] = [.int4(erasure.tenantNumber.value), .bytea(key)]
            let erased = try session.execute(.erasureOutcomes, parameters).affectedCount
            return (erased, Int(try session.execute(.erasureOutcomesLeft, parameters).int64(0, 0)))
        }
    }

    /// Takes away the tenant's cached vectors of texts that no chunk is made of any more.
    /// - Parameter onProgress: told how many more went.
    package func eraseUnusedEmbeddings(_ erasure: ErasureInHand, onProgress: (Int) -> Void) async throws -> Int {
        var total = 0
        while true {
            let count = try await write {
                try $0.execute(.erasureEmbeddings, [.int4(erasure.tenantNumber.value), .int4(Self.embeddingsAtOnce)]).affectedCount
            }
            total += count
            onProgress(count)
            if count < Int(Self.embeddingsAtOnce) { return total }
        }
    }

    /// As the statement counts them.
    private static let clearedTables = [
        "rendition_content", "rendition", "chunk", "vector_pack", "passage_terms", "rendition_facets", "deferred", "document_change",
    ]
    /// A transaction of some hundred milliseconds.
    private static let embeddingsAtOnce: Int32 = 20_000

    private static func name(_ source: SourceName, _ document: Subject, _ erasure: ErasureInHand) -> [Parameter] {
        [.int4(erasure.tenantNumber.value), .text(source.text), .text(document.text), .text(erasure.hash)]
    }
}
