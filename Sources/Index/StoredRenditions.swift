import Contract
import Postgres

/// What a generation has of a document: what another one can be made of, without the record it came from.
package struct StoredRendition: Sendable {
    package struct Content: Sendable {
        package let digest: [UInt8]
        package let title: String?
        package let uri: String?
        package let mediaType: String
        package let language: String?
        package let modifiedAt: Timestamp?
        package let metadata: [UInt8]
        /// The extracted text, UTF-8.
        package let body: [UInt8]
        package fileprivate(set) var chunks: [ChunkRow]
    }

    package let name: Name
    /// In force.
    package let version: EventVersion
    package let facts: DocumentFacts
    /// Nothing: it was deleted.
    package fileprivate(set) var content: Content?
    fileprivate let inherited: RenditionChange.Inherited

    /// The same for another generation.
    ///
    /// - Parameters:
    ///   - content: made of its text.
    ///   - redone: what it takes the place of.
    package func change(_ content: RenditionContent?, redone: RenditionChange.Redone? = nil) -> RenditionChange {
        let statement = content.map { RenditionChange.Statement.content(digest: $0.contentDigest, facts: facts, $0) } ?? .deleted
        return RenditionChange(name: name, version: version, statement: statement, redone: redone, inherited: inherited)
    }

    /// Nothing where no version was ever in force, or the name was erased.
    fileprivate init?(_ rows: Rows, _ row: Int, tenant: TenantNumber) throws {
        let stored = try StoredClock<RenditionState>(rows, row, column: 3) { $0 == .deleted }
        guard let version = stored.clock.inForce, stored.state != .nothing, let source = SourceName(try rows.string(row, 1)),
            let subject = Subject(try rows.string(row, 2))
        else { return nil }
        name = Name(tenant: tenant, source: source, subject: subject)
        self.version = version
        inherited = RenditionChange.Inherited(highestSequence: stored.clock.highestSequence, settledToken: try rows.int64(row, 12))
        facts = DocumentFacts(
            container: try rows.optionalString(row, 13).flatMap { Subject($0) },
            expiresAt: try rows.optionalTimestamp(row, 14).map(Timestamp.init(microsecondsSinceEpoch:)))
        guard stored.state == .present else { return }
        content = Content(
            digest: try rows.bytes(row, 15), title: try rows.optionalString(row, 16), uri: try rows.optionalString(row, 17),
            mediaType: try rows.string(row, 18), language: try rows.optionalString(row, 19), modifiedAt: try rows.moment(row, 20),
            metadata: try rows.optionalBytes(row, 21) ?? Array("{}".utf8), body: try rows.bytes(row, 22), chunks: [])
    }

    /// - Returns: without those that have nothing to be made of.
    fileprivate static func read(_ keys: [DocumentNumber], generation: GenerationNumber, _ session: Session) throws -> [StoredRendition] {
        let parameters: [Parameter] = [.int4(generation.value), .int4Array(keys.map(\.tenant.value)), .int8Array(keys.map(\.document))]
        let (rows, chunks) = (try session.execute(.storedRenditions, parameters), try session.execute(.storedChunks, parameters))
        var found: [Int: StoredRendition] = [:]
        for row in 0..<rows.count {
            let index = Int(try rows.int32(row, 0)) - 1
            found[index] = try StoredRendition(rows, row, tenant: keys[index].tenant)
        }
        for row in 0..<chunks.count {
            let chunk = ChunkRow(
                span: Int(try chunks.int32(row, 1))..<Int(try chunks.int32(row, 2)), headings: try chunks.stringArray(row, 3),
                page: try chunks.optionalInt32(row, 4).map(Int.init), embeddingTextDigest: try chunks.bytes(row, 5))
            found[Int(try chunks.int32(row, 0)) - 1]?.content?.chunks.append(chunk)
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// A document as its rows are numbered.
package struct DocumentNumber: Sendable, Hashable {
    package let tenant: TenantNumber
    package let document: Int64

    package init(tenant: TenantNumber, document: Int64) {
        self.tenant = tenant
        self.document = document
    }
}

/// Renditions made of another generation's texts, in one transaction. They belong to no record in hand.
package struct StoredBatch: Sendable {
    /// Of whose texts.
    package let source: GenerationNumber
    /// Of distinct names.
    package var renditions: [RenditionChange] = []
    package var newEmbeddings: [EmbeddingKey] = []
    /// `[newEmbeddings.count][dimension]`.
    package var newVectors: [Float] = []

    package init(of source: GenerationNumber) {
        self.source = source
    }
}

extension IngestionStore {
    /// What a generation has of these documents, at one moment.
    package func stored(_ documents: [DocumentNumber], in generation: GenerationNumber) async throws -> [StoredRendition] {
        try await snapshot { try StoredRendition.read(documents, generation: generation, $0) }
    }

    /// Merges what was made of another generation's texts, by the clock each document has there: nothing newer is overwritten, and nothing is told, since what
    /// became of these records is known.
    ///
    /// - Returns: a verdict of each; nothing where a document was erased, or what is made anew of it replaced, since it was read.
    /// - Throws: `IndexError.dropped`; `.tenantGone`.
    package func apply(_ batch: StoredBatch, generation: Generation) async throws -> [RenditionVerdict]? {
        var refused: Set<Name> = []
        while true {
            var affordable = batch
            affordable.renditions.removeAll { refused.contains($0.name) }
            do {
                guard let written = try await write(affordable, generation) else { return nil }
                let verdicts = Dictionary(uniqueKeysWithValues: zip(affordable.renditions.map(\.name), written))
                return batch.renditions.map { verdicts[$0.name] ?? .overQuota }
            } catch let full as QuotaExceeded {
                refused.formUnion(full.names)
            }
        }
    }

    /// - Throws: `QuotaExceeded`, where the generation is live.
    private func write(_ batch: StoredBatch, _ generation: Generation) async throws -> [RenditionVerdict]? {
        try await write { session in
            _ = try Generations.holdState(of: generation.number, session)
            let terms = try Tenants.hold(Set(batch.renditions.map(\.name.tenant)), generation: generation.number, session)
            let names = try Self.lockNames(facts: [], permissions: [], others: batch.renditions.flatMap(\.names), session)
            let allowances = try Tenants.allowances(terms, generation: generation.number, locks: true, session)
            let references = try ReferenceRefreshes.notes(batch.renditions, of: batch.source, names, session)
            let (verdicts, _) = try Renditions.merge(batch.renditions, generation: generation.number, allowances: allowances, names, session)
            guard !verdicts.contains(.stale) else { return nil }
            try ReferenceRefreshes.write(references, batch.renditions, verdicts, generation.number, names, session)
            try EmbeddingCache.insert(
                batch.newEmbeddings, vectors: batch.newVectors, dimension: generation.dimension, space: generation.embeddingSpace, session)
            return verdicts
        }
    }
}

extension RenditionChange {
    /// Its own, and its container's.
    fileprivate var names: [Name] {
        guard case .content(_, let facts, _) = statement, let container = facts.container else { return [name] }
        return [name, name.sibling(container)]
    }
}
