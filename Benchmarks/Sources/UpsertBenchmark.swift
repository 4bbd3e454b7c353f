import Contract
import Digest
import Index
import Postgres

/// Documents as a generation writes them, against `COPY … (FORMAT binary)` of the very rows it left: the same rows, tables and indexes, another tenant,
/// one connection each, in turns.
///
/// Sluice's side is `IngestionStore.apply`: locking names, merging facts and versions, writing content, chunks, terms, vectors and cached embeddings, and
/// committing every few documents. The other side is one transaction with one COPY a table, and needs a superuser: `COPY FROM` is refused where
/// row-level security applies, as it does to every role that Sluice works as.
struct UpsertBenchmark {
    let databaseURL: String
    let chunksPerDocument: Int
    let documents: Int
    let documentsPerTransaction: Int

    private static let generation = "upsert"
    private static let dimension = 384
    /// A chunk of 200 tokens at most, in English.
    private static let wordsPerChunk = 140

    struct Turn {
        let chunksPerDocument: Int
        let documents: Int
        let rows: Int
        let sluice: Duration
        let sluiceProcessor: Duration
        let copies: [(table: String, duration: Duration)]
        let copy: Duration
        let copyProcessor: Duration

        var json: String {
            let tables = copies.map { "\"\($0.table)\": \($0.duration.seconds)" }.joined(separator: ", ")
            return """
                {"chunks": \(chunksPerDocument), "documents": \(documents), "rows": \(rows), "sluice_seconds": \(sluice.seconds), \
                "copy_seconds": \(copy.seconds), "sluice_processor_seconds": \(sluiceProcessor.seconds), "copy_processor_seconds": \(copyProcessor.seconds), \
                "copies": {\(tables)}}
                """
        }
    }

    func run(turn: Int) async throws -> Turn {
        let names = ["sluice", "copy"].map { TenantID("upsert-\(chunksPerDocument)-\(UInt16.random(in: 0 ... .max))-\(turn)-\($0)") }.compactMap { $0 }
        let admin = AdministrationStore(pool: IndexRole.admin.pool(url: databaseURL, connections: 1, applicationName: "sluice bench admin"))
        for name in names { _ = try await admin.createTenant(name) }
        try await admin.ensureGeneration(
            name: Self.generation, embeddingSpace: "made", dimension: Self.dimension, chunker: "made", parser: "made")
        let store = IngestionStore(pool: IndexRole.ingest.pool(url: databaseURL, connections: 1, applicationName: "sluice bench"))
        let known = try await store.tenants()
        let tenants = names.compactMap { known[$0] }
        guard tenants.count == 2, let generation = try await store.generations().first(where: { $0.name == Self.generation }) else {
            throw IndexError.inconsistent
        }
        let incarnation = try await store.incarnation(topic: "sluice.documents", brokerID: "bench")
        let batches = makeBatches(of: tenants[0], incarnation: incarnation, seed: UInt64(turn))
        let raw = RawCopy(connection: try await PostgresConnection.connect(PostgresConfiguration(url: databaseURL, applicationName: "sluice bench copy")))
        try await raw.checkpoint()

        let clock = ContinuousClock()
        let before = try await raw.processorTime(ofApplication: "sluice bench")
        let sluice = try await clock.measure {
            for batch in batches { _ = try await store.apply(batch, generation: generation, group: "bench") { _ in [] } }
        }
        let sluiceProcessor = try await raw.processorTime(ofApplication: "sluice bench") - before
        try await raw.dump(tenant: tenants[0].value, as: tenants[1].value, turn: "\(chunksPerDocument)-\(turn)")
        try await raw.checkpoint()
        var copies: [(table: String, duration: Duration)] = []
        let copyBefore = try await raw.processorTime(ofApplication: "sluice bench copy")
        let copy = try await clock.measure { copies = try await raw.load() }
        let copyProcessor = try await raw.processorTime(ofApplication: "sluice bench copy") - copyBefore
        let rows = try await raw.rowCounts(tenants: tenants.map(\.value))
        guard rows[0] == rows[1] else { throw IndexError.inconsistent }
        return Turn(
            chunksPerDocument: chunksPerDocument, documents: documents, rows: rows[0], sluice: sluice, sluiceProcessor: sluiceProcessor, copies: copies,
            copy: copy,
            copyProcessor: copyProcessor)
    }

    private func makeBatches(of tenant: TenantNumber, incarnation: Int32, seed: UInt64) -> [GenerationBatch] {
        var text = MadeText(seed: seed)
        return stride(from: 0, to: documents, by: documentsPerTransaction).map { first in
            var batch = GenerationBatch()
            for number in first..<min(documents, first + documentsPerTransaction) {
                guard let source = SourceName("bench"), let subject = Subject("document \(number)") else { continue }
                let name = Name(tenant: tenant, source: source, subject: subject)
                let content = makeContent(&text)
                let version = EventVersion(
                    sequence: nil,
                    position: VersionPosition(
                        incarnation: incarnation, record: RecordPosition(topic: "sluice.documents", partition: 0, offset: Int64(number)),
                        timestampMilliseconds: Int64(number)),
                    digest: content.contentDigest, isDeletion: false)
                let facts = DocumentFacts(container: nil, expiresAt: nil)
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
                batch.renditions.append(
                    RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content)))
                batch.newEmbeddings += content.chunks.map { EmbeddingKey(tenant: tenant, digest: $0.embeddingTextDigest) }
                batch.newVectors += content.vectors
            }
            return batch
        }
    }

    private func makeContent(_ text: inout MadeText) -> RenditionContent {
        let title = text.prose(words: 5)
        var body: [UInt8] = []
        var chunks: [ChunkRow] = []
        var vectors: [Float] = []
        for _ in 0..<chunksPerDocument {
            let words = text.prose(words: Self.wordsPerChunk)
            let headings = [title, text.prose(words: 3)]
            let start = body.count
            body += words.utf8
            chunks.append(
                ChunkRow(
                    span: start..<body.count, headings: headings, page: nil, embeddingTextDigest: SHA256.hash(Array(words.utf8)),
                    words: ([title] + headings + [words]).joined(separator: "\n")))
            vectors += text.vector(dimension: Self.dimension)
        }
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: title, uri: "https://wiki.example/made", mediaType: "text/plain", language: "en", modifiedAt: nil,
            metadata: Array(#"{"department": "hr"}"#.utf8), body: body, chunks: chunks, vectors: vectors, dimension: Self.dimension)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
