import Contract
import Postgres

/// The last that was said of a document, or of its entry.
package struct RecordInForce: Sendable {
    package let isDeletion: Bool
    package let sequence: SequenceNumber?
}

/// How a name stands before it is erased.
package struct NameStanding: Sendable {
    package fileprivate(set) var document: RecordInForce?
    package fileprivate(set) var entry: RecordInForce?
    /// Documents and containers inside it, which need its name.
    package fileprivate(set) var dependents = 0

    /// It is a document.
    package var exists: Bool { document?.isDeletion == false }
    package var hasEntry: Bool { entry?.isDeletion == false }
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
    package func standing(of source: SourceName, _ document: Subject, _ erasure: ErasureInHand) async throws -> NameStanding {
        try await read { try Self.standing(Self.name(source, document, erasure), $0) }
    }

    /// Before an erasure was begun.
    package func standing(of source: SourceName, _ document: Subject, tenant: TenantRecord) async throws -> NameStanding {
        let hash = try await erasureKey(of: tenant.tenant)?.hash(source: source.text, subject: document.text)
        return try await read {
            try Self.standing([.int4(tenant.number.value), .text(source.text), .text(document.text), .text(hash)], $0)
        }
    }

    private static func standing(_ name: [Parameter], _ session: Session) throws -> NameStanding {
        let rows = try session.execute(.erasureDocumentStanding, name)
        guard rows.count > 0 else { return NameStanding() }
        func inForce(_ column: Int) throws -> RecordInForce? {
            guard try rows.bool(0, column) else { return nil }
            return RecordInForce(isDeletion: try rows.bool(0, column + 1), sequence: try rows.optionalInt64(0, column + 2).map(SequenceNumber.init))
        }
        return NameStanding(document: try inForce(0), entry: try inForce(3), dependents: Int(try rows.int64(0, 6)))
    }

    /// Takes away what every generation has of a document, and its name. In one transaction, under the lock every change of the document takes.
    ///
    /// - Precondition: the registrar has applied its tombstones.
    package func eraseRows(of source: SourceName, _ document: Subject, _ erasure: ErasureInHand) async throws -> DocumentErasure {
        let name = Self.name(source, document, erasure)
        return try await write { session in
            let locked = try session.execute(.erasureDocumentLock, name)
            guard locked.count > 0 else { return DocumentErasure(rows: [], dependents: 0, hasEntry: false, isRenamed: true) }
            let key: [Parameter] = [.int4(erasure.tenantNumber.value), .int8(try locked.int64(0, 0))]
            let standing = try Self.standing(name, session)
            let (dependents, hasEntry) = (standing.dependents, standing.hasEntry)
            guard !standing.exists else { return DocumentErasure(rows: nil, dependents: dependents, hasEntry: hasEntry, isRenamed: false) }
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
