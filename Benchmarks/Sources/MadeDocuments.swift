import Contract
import Digest
import Index
import Words

/// Made-up documents as a generation's worker hands them to the index: prose, vectors of chance, nothing cached.
struct MadeDocuments {
    struct Shape {
        let chunksPerDocument: Int
        let documents: Int
        let documentsPerTransaction: Int
    }

    /// As the model's that Sluice comes with.
    static let dimension = 384
    /// A chunk of 200 tokens at most, in English.
    private static let wordsPerChunk = 140

    private let shape: Shape
    private let tenant: TenantNumber
    private let incarnation: Int32
    private let seed: UInt64
    private let analyzer = TermAnalyzer()

    init(_ shape: Shape, tenant: TenantNumber, incarnation: Int32, seed: UInt64) {
        self.shape = shape
        self.tenant = tenant
        self.incarnation = incarnation
        self.seed = seed
    }

    /// One for each transaction.
    func batches() -> [GenerationBatch] {
        var text = MadeText(seed: seed)
        return stride(from: 0, to: shape.documents, by: shape.documentsPerTransaction).map { first in
            var batch = GenerationBatch()
            for number in first..<min(shape.documents, first + shape.documentsPerTransaction) { append(number, to: &batch, &text) }
            return batch
        }
    }

    private func append(_ number: Int, to batch: inout GenerationBatch, _ text: inout MadeText) {
        guard let source = SourceName("bench"), let subject = Subject("document \(number)") else { return }
        let name = Name(tenant: tenant, source: source, subject: subject)
        let content = content(&text)
        let record = RecordPosition(topic: "sluice.documents", partition: 0, offset: Int64(number))
        let version = EventVersion(
            sequence: nil, position: VersionPosition(incarnation: incarnation, record: record, timestampMilliseconds: Int64(number)),
            digest: content.contentDigest, isDeletion: false)
        let facts = DocumentFacts(container: nil, expiresAt: nil)
        batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
        batch.renditions.append(
            RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content)))
        batch.newEmbeddings += content.chunks.map { EmbeddingKey(tenant: tenant, digest: $0.embeddingTextDigest) }
        batch.newVectors += content.vectors
    }

    private func content(_ text: inout MadeText) -> RenditionContent {
        let title = text.prose(words: 5)
        var body: [UInt8] = []
        var chunks: [ChunkRow] = []
        var passages: [[UInt8]] = []
        var vectors: [Float] = []
        for _ in 0..<shape.chunksPerDocument {
            let words = text.prose(words: Self.wordsPerChunk)
            let headings = [title, text.prose(words: 3)]
            let start = body.count
            body += words.utf8
            chunks.append(
                ChunkRow(
                    span: start..<body.count, headings: headings, page: nil, embeddingTextDigest: SHA256.hash(Array(words.utf8))))
            passages.append(Array("\(headings.joined(separator: " › "))\n\(words)".utf8))
            vectors += text.vector(dimension: Self.dimension)
        }
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: title, uri: "https://wiki.example/made", mediaType: "text/plain", language: "en", modifiedAt: nil,
            metadata: Array(#"{"department": "hr"}"#.utf8), body: body, chunks: chunks,
            terms: analyzer.passageTerms(of: passages, language: "en"), vectors: vectors, dimension: Self.dimension)
    }
}

extension AdministrationStore {
    /// Creates a tenant and tells its number.
    func createTenant(named name: String, known store: IngestionStore) async throws -> TenantNumber {
        guard let tenant = TenantID(name) else { throw IndexError.inconsistent }
        _ = try await createTenant(tenant)
        guard let number = try await store.tenants()[tenant] else { throw IndexError.inconsistent }
        return number
    }
}
