import Contract
import Digest
import Index
import Synchronization
import Testing
import Words

/// A database with two tenants and one generation, and the stores that the workers have.
struct World: Sendable {
    let database: TestDatabase
    let store: IngestionStore
    let retrieval: RetrievalStore
    let generation: Generation
    let tenant: TenantNumber
    let other: TenantNumber
    /// Of one partition of sluice.documents, which all records of a test come from.
    let registrarClaim: Claim
    let generationClaim: Claim

    static let tenantID = TenantID("acme")!
    static let otherID = TenantID("rival")!
    static let registrarGroup = "sluice-registrar"
    static let generationGroup = "sluice-ingest-g1"
    static let dimension = 4

    static func with<Result: Sendable>(_ body: (World) async throws -> Result) async throws -> Result {
        try await TestDatabase.with { database async throws in
            let admin = AdministrationStore(pool: IndexRole.admin.pool(url: database.url, connections: 1, applicationName: "sluice tests"))
            _ = try await admin.createTenant(tenantID)
            _ = try await admin.createTenant(otherID)
            try await admin.ensureGeneration(name: "g1", embeddingSpace: "space", dimension: dimension, chunker: "chunker", parser: "parser")
            let store = IngestionStore(pool: IndexRole.ingest.pool(url: database.url, connections: 2, applicationName: "sluice tests"))
            let tenants = try await store.tenants()
            let incarnation = try await store.incarnation(topic: "sluice.documents", brokerID: "one")
            let partition = [PartitionKey(incarnation: incarnation, partition: 0)]
            return try await body(
                World(
                    database: database, store: store,
                    retrieval: RetrievalStore(pool: IndexRole.retrieval.pool(url: database.url, connections: 1, applicationName: "sluice tests")),
                    generation: try #require(try await store.generations().first), tenant: try #require(tenants[tenantID]),
                    other: try #require(tenants[otherID]),
                    registrarClaim: try #require(try await store.claim(partition, group: registrarGroup).first),
                    generationClaim: try #require(try await store.claim(partition, group: generationGroup).first)))
        }
    }

    /// As an admin is given it.
    var administration: AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: database.url, connections: 1, applicationName: "sluice tests"), actor: "alice@desk")
    }

    /// Beside the live one; made where it is missing.
    func generation(named name: String) async throws -> Generation {
        _ = try await administration.createGeneration(name: name, embeddingSpace: "space", dimension: Self.dimension, chunker: "chunker", parser: "parser")
        return try #require(try await store.generations().first { $0.name == name })
    }

    // MARK: words of a test

    func name(_ subject: String, tenant: TenantNumber? = nil) -> Name {
        Name(tenant: tenant ?? self.tenant, source: SourceName("wiki")!, subject: Subject(subject)!)
    }

    func version(_ offset: Int64, sequence: Int64? = nil, value: String = "", isDeletion: Bool = false) -> EventVersion {
        EventVersion(
            sequence: sequence.map(SequenceNumber.init),
            position: VersionPosition(
                incarnation: registrarClaim.key.incarnation, record: RecordPosition(topic: "sluice.documents", partition: 0, offset: offset),
                timestampMilliseconds: offset),
            digest: SHA256.hash(Array(value.utf8)), isDeletion: isDeletion)
    }

    func exists(_ subject: String, _ version: EventVersion, in container: String? = nil, tenant: TenantNumber? = nil) -> FactChange {
        FactChange(
            name: name(subject, tenant: tenant), version: version, statement: .exists(DocumentFacts(container: container.flatMap(Subject.init), expiresAt: nil))
        )
    }

    func deleted(_ subject: String, _ version: EventVersion) -> FactChange {
        FactChange(name: name(subject), version: version, statement: .deleted)
    }

    func content(
        _ subject: String, _ version: EventVersion, _ text: String, in container: String? = nil, tenant: TenantNumber? = nil
    ) -> RenditionChange {
        RenditionChange(
            name: name(subject, tenant: tenant), version: version,
            statement: .content(
                digest: SHA256.hash(Array(text.utf8)), facts: DocumentFacts(container: container.flatMap(Subject.init), expiresAt: nil),
                Self.rendition(of: text)))
    }

    func permission(_ subject: String, _ offset: Int64, allow: [String]? = nil, deny: [String]? = nil, parent: String? = nil) -> PermissionChange {
        let list = allow == nil && deny == nil ? nil : AccessList(allow: Self.principals(allow ?? []), deny: Self.principals(deny ?? []))
        return PermissionChange(
            name: name(subject), version: version(offset), statement: .stated(PermissionsChanged(list: list, parent: parent.flatMap(Subject.init))))
    }

    static func principals(_ texts: [String]) -> [Principal] { texts.compactMap(Principal.init) }

    /// One chunk that is the whole text; a text of no characters has none.
    static func rendition(of text: String) -> RenditionContent {
        let body = Array(text.utf8)
        let chunks = body.isEmpty ? [] : [ChunkRow(span: 0..<body.count, headings: ["Heading"], page: nil, embeddingTextDigest: SHA256.hash(body))]
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: nil, uri: nil, mediaType: "text/plain", language: nil, modifiedAt: nil, metadata: Array("{}".utf8),
            body: body, chunks: chunks, terms: TermAnalyzer().passageTerms(of: chunks.isEmpty ? [] : [body], language: "en"),
            vectors: chunks.isEmpty ? [] : [1, 0, 0, 0], dimension: dimension)
    }

    // MARK: what workers do

    @discardableResult
    func register(
        facts: [FactChange] = [], permissions: [PermissionChange] = [], memberships: [MembershipChange] = [], namings: [SnapshotNaming] = []
    ) async throws -> RegistrarVerdicts {
        var batch = RegistrarBatch()
        batch.namings = namings
        batch.facts = facts
        batch.permissions = permissions
        batch.memberships = memberships
        batch.claims = [registrarClaim]
        let told = Told<RegistrarVerdicts>()
        _ = try await store.apply(batch, group: Self.registrarGroup) {
            told.tell($0)
            return []
        }
        return try told.heard
    }

    /// - Returns: nothing where the batch was stale.
    @discardableResult
    func index(facts: [FactChange] = [], _ renditions: [RenditionChange]) async throws -> [RenditionVerdict]? {
        try await indexing(facts: facts, renditions)?.verdicts
    }

    /// - Parameter leases: of documents tried again.
    /// - Returns: the verdicts, and the offsets of records that waited and are superseded; nothing where the batch was stale or a lease lost.
    func indexing(
        facts: [FactChange] = [], _ renditions: [RenditionChange], leases: [Name: Int64] = [:]
    ) async throws -> (verdicts: [RenditionVerdict], superseded: [Int64])? {
        var batch = GenerationBatch()
        batch.facts = facts
        batch.renditions = renditions
        if leases.isEmpty { batch.claims = [generationClaim] }
        batch.leases = leases
        let told = Told<(verdicts: [RenditionVerdict], superseded: [Int64])>()
        let entries = try await store.apply(batch, generation: generation, group: Self.generationGroup) { verdicts, superseded in
            told.tell((verdicts, superseded.map(\.record.offset)))
            return []
        }
        return entries == nil ? nil : try told.heard
    }

    /// What a generation does with an upsert: its fact and its content.
    @discardableResult
    func upsert(_ subject: String, _ version: EventVersion, _ text: String, in container: String? = nil) async throws -> RenditionVerdict? {
        try await index(facts: [exists(subject, version, in: container)], [content(subject, version, text, in: container)])?.first
    }

    /// What an asker is told.
    func asking<Answer: Sendable>(
        _ principals: String..., tenant: TenantID = tenantID, _ body: @escaping @Sendable (RetrievalSnapshot) throws -> Answer
    ) async throws -> Answer {
        let asked = try await retrieval.ask(as: Index.Claims(tenant: tenant, principals: principals), body)
        guard case .answered(let answer) = asked else { throw IndexError.inconsistent }
        return answer
    }

    /// Which of these documents an asker is shown.
    func visible(_ subjects: [String], to principals: [String], tenant: TenantID = tenantID) async throws -> [Bool] {
        let claims = Index.Claims(tenant: tenant, principals: principals)
        guard case .answered(let shown) = try await retrieval.ask(as: claims, { try $0.shown(subjects.map { ("wiki", $0) }) }) else {
            throw IndexError.inconsistent
        }
        // What is asked one by one and what is listed are one rule.
        let listed = try await database.withSession(as: IndexRole.retrieval.rawValue) { session throws in
            try session.executeScript("begin")
            try session.claim(tenant, principals)
            return Set(try session.strings("select d.subject from all_shown s join document d on d.document_id = s.document_id where d.source = 'wiki'"))
        }
        #expect(shown == subjects.map(listed.contains))
        return shown
    }
}

/// What a closure on another thread was told.
final class Told<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func tell(_ value: Value) { self.value.withLock { $0 = value } }

    var heard: Value { get throws { try #require(value.withLock { $0 }) } }
}
