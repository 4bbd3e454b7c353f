import Contract
import Digest
import Index
import Postgres
import Words

/// Writes a made corpus the way the fleet does: a registrar's transactions for who may see what, a generation's for the content. Only broker, parser and
/// model are left out, and the cache of embeddings, which no search reads.
struct CorpusLoad {
    private let corpus: Corpus
    private let databaseURL: String
    private let store: IngestionStore
    private let generation: Generation
    private let tenant: TenantNumber
    private let incarnation: Int32
    private let analyzer = TermAnalyzer()

    /// Of one transaction: about what a worker gathers while there is more than it can take.
    private static let chunksPerTransaction = 256
    private static let applicationName = "sluice bench load"
    static let embeddingSpace = "made"
    static let source = "bench"

    init(_ corpus: Corpus, tenant name: String, databaseURL: String) async throws {
        self.corpus = corpus
        self.databaseURL = databaseURL
        let administration = AdministrationStore(pool: IndexRole.admin.pool(url: databaseURL, connections: 1, applicationName: Self.applicationName))
        // In an empty database the first generation is live at once.
        try await administration.ensureGeneration(
            name: "made", embeddingSpace: Self.embeddingSpace, dimension: corpus.dimension, chunker: "made", parser: "made")
        store = IngestionStore(pool: IndexRole.ingest.pool(url: databaseURL, connections: 2, applicationName: Self.applicationName))
        guard let generation = try await store.generations().first(where: \.isLive), generation.name == "made" else { throw IndexError.inconsistent }
        self.generation = generation
        tenant = try await administration.createTenant(named: name, known: store)
        incarnation = try await store.incarnation(topic: "sluice.documents", brokerID: "bench")
    }

    /// Registrar and generation each on a connection of its own, as in a fleet; then the statistics and the visibility map, which autovacuum would otherwise
    /// make while something is measured.
    func run() async throws {
        async let registrar: Void = register()
        async let generation: Void = index()
        _ = try await (registrar, generation)
        let owner = try await PostgresConnection.connect(PostgresConfiguration(url: databaseURL, applicationName: Self.applicationName))
        try await owner.withSession { session throws in
            try session.executeScript("vacuum analyze")
            try session.executeScript("checkpoint")
        }
        await owner.close()
    }

    private func register() async throws {
        for documents in transactions() {
            var batch = RegistrarBatch()
            for document in documents {
                guard let group = Principal(Self.group(corpus.group(ofChunk: corpus.chunks(ofDocument: document).lowerBound))) else { throw CorpusError() }
                let list = PermissionsChanged(list: AccessList(allow: [group]), parent: nil)
                batch.permissions.append(
                    PermissionChange(
                        name: try name(document), version: version(document, topic: "sluice.permissions", digest: Array(group.text.utf8)),
                        statement: .stated(list)))
            }
            _ = try await store.apply(batch, group: "bench-registrar") { _ in [] }
        }
    }

    private func index() async throws {
        for documents in transactions() {
            var batch = GenerationBatch()
            for document in documents {
                let (content, name) = (content(document), try name(document))
                let version = version(document, topic: "sluice.documents", digest: content.contentDigest)
                let facts = DocumentFacts(container: nil, expiresAt: nil)
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
                batch.renditions.append(
                    RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content)))
            }
            _ = try await store.apply(batch, generation: generation, group: "bench-generation") { _, _ in [] }
        }
    }

    private func transactions() -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for document in 0..<corpus.documents
        where corpus.chunks(ofDocument: document).upperBound - corpus.chunks(ofDocument: start).lowerBound >= Self.chunksPerTransaction
            || document == corpus.documents - 1
        {
            ranges.append(start..<document + 1)
            start = document + 1
        }
        return ranges
    }

    private func version(_ document: Int, topic: String, digest: [UInt8]) -> EventVersion {
        let record = RecordPosition(topic: topic, partition: 0, offset: Int64(document))
        return EventVersion(
            sequence: nil, position: VersionPosition(incarnation: incarnation, record: record, timestampMilliseconds: Int64(document)),
            digest: SHA256.hash(digest), isDeletion: false)
    }

    /// A document is called by the number of its first chunk, a chunk's page is its place in it: so a hit tells which chunk it is.
    private func name(_ document: Int) throws -> Name {
        guard let source = SourceName(Self.source), let subject = Subject(String(corpus.chunks(ofDocument: document).lowerBound)) else { throw CorpusError() }
        return Name(tenant: tenant, source: source, subject: subject)
    }

    private func content(_ document: Int) -> RenditionContent {
        let numbers = corpus.chunks(ofDocument: document)
        var body: [UInt8] = []
        let chunks = numbers.map { chunk in
            let text = corpus.text(ofChunk: chunk)
            let start = body.count
            body += text
            defer { body.append(UInt8(ascii: "\n")) }
            return ChunkRow(
                span: start..<body.count, headings: [], page: 1 + chunk - numbers.lowerBound, embeddingTextDigest: SHA256.hash(text))
        }
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: nil, uri: nil, mediaType: "text/plain", language: "en", modifiedAt: nil, metadata: Array("{}".utf8),
            body: body, chunks: chunks, terms: analyzer.passageTerms(of: numbers.map { corpus.text(ofChunk: $0) }, language: "en"),
            vectors: corpus.vectors(ofChunks: numbers), dimension: corpus.dimension)
    }

    static func group(_ number: Int) -> String { "group:bench/g\(number)" }
}
