import Access
import Administration
import Contract
import Digest
import Foundation
import Index
import Postgres
import Testing

/// A database of its own with one organisation in it, as the fleet writes it.
struct LeakWorld: Sendable {
    let databaseURL: String
    private let store: IngestionStore
    private let generation: Generation
    private let tenant: TenantNumber
    /// Another organisation's, of which nobody of this one may learn.
    let stranger: TenantNumber
    private let incarnation: Int32
    private let claim: Claim

    static let serverURL = ProcessInfo.processInfo.environment["SLUICE_DATABASE_URL"]
    static let tenantID = TenantID("leaks")!
    static let strangerID = TenantID("leaks-stranger")!
    private static let group = "sluice-ingest-leaks"
    private static let batch = 200

    /// - Parameter body: the database is dropped after it.
    static func with(_ body: (LeakWorld) async throws -> Void) async throws {
        let serverURL = try #require(serverURL)
        let name = "sluice_leaks_\(UInt64.random(in: 0 ... .max))"
        var components = try #require(URLComponents(string: serverURL))
        components.path = "/\(name)"
        let url = try #require(components.string)
        let server = try await PostgresConnection.connect(PostgresConfiguration(url: serverURL, applicationName: "sluice leaks"))
        try await server.withSession { session throws in
            // One at a time: the first migration of a server makes roles, which all its databases share.
            try session.executeScript("select pg_advisory_lock(72834)")
            try session.executeScript("create database \(name)")
        }
        _ = try await SchemaAdministration.migrate(databaseURL: url)
        try await server.withSession { try $0.executeScript("select pg_advisory_unlock(72834)") }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(LeakWorld(databaseURL: url))) } catch { outcome = .failure(error) }
        try await server.withSession { try $0.executeScript("drop database \(name) with (force)") }
        await server.close()
        try outcome.get()
    }

    private init(databaseURL: String) async throws {
        self.databaseURL = databaseURL
        let admin = AdministrationStore(pool: IndexRole.admin.pool(url: databaseURL, connections: 1, applicationName: "sluice leaks"))
        for tenant in [Self.tenantID, Self.strangerID] { _ = try await admin.createTenant(tenant) }
        try await admin.ensureGeneration(
            name: "leaks", embeddingSpace: Library.model.space.identifier, dimension: Library.dimension, chunker: "leaks", parser: "leaks")
        store = IngestionStore(pool: IndexRole.ingest.pool(url: databaseURL, connections: 1, applicationName: "sluice leaks"))
        generation = try #require(try await store.generations().first)
        let tenants = try await store.tenants()
        (tenant, stranger) = (try #require(tenants[Self.tenantID]), try #require(tenants[Self.strangerID]))
        incarnation = try await store.incarnation(topic: "sluice.documents", brokerID: "leaks")
        claim = try #require(try await store.claim([PartitionKey(incarnation: incarnation, partition: 0)], group: Self.group).first)
    }

    /// A worker's store that answers by this plan.
    func retrieval(by plan: RandomQuery.Plan, connections: Int) async throws -> RetrievalStore {
        let pool = IndexRole.retrieval.pool(url: databaseURL, connections: connections, applicationName: "sluice leaks")
        switch plan {
        case .rows: return RetrievalStore(pool: pool)
        case .mirror:
            let loads = IndexRole.retrieval.pool(url: databaseURL, connections: 1, applicationName: "sluice leaks")
            let mirrors = Mirrors(pool: loads, byteLimit: 1 << 28) { Issue.record("a mirror was not read: \($0)") }
            try await mirrors.ready(Self.tenantID)
            return RetrievalStore(pool: pool, mirrors: mirrors)
        }
    }

    /// As a superuser.
    func asOwner(_ body: @Sendable (Session) throws -> Void) async throws {
        let owner = try await PostgresConnection.connect(PostgresConfiguration(url: databaseURL, applicationName: "sluice leaks"))
        try await owner.withSession(body)
        await owner.close()
    }

    /// Documents that everybody waits for: their lists come after them.
    func index(_ documents: [Organisation.Document], _ library: Library, using random: inout SeededGenerator) async throws {
        for start in stride(from: 0, to: documents.count, by: Self.batch) {
            var batch = GenerationBatch()
            for number in start..<min(start + Self.batch, documents.count) {
                let (document, content) = (documents[number], library.content(of: number, using: &random))
                let (name, version) = (name(document.subject), version(Int64(number)))
                let facts = DocumentFacts(container: document.container, expiresAt: nil)
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
                batch.renditions.append(
                    RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content)))
            }
            try await index(batch)
        }
    }

    /// As a generation does.
    func index(_ batch: GenerationBatch) async throws {
        var batch = batch
        batch.claims = [claim]
        let indexed = try await store.apply(batch, generation: generation, group: Self.group) { _, _ in [] }
        #expect(indexed != nil, "a batch was stale")
    }

    /// As the registrar does.
    func register(_ batch: RegistrarBatch) async throws {
        _ = try await store.apply(batch, group: "sluice-registrar") { _ in [] }
    }

    /// Lists and groups, as they are now; what was there before and is no longer is taken back. Touches no document's content.
    func permit(_ organisation: Organisation, after before: Organisation?, state: Int) async throws {
        var batch = RegistrarBatch()
        let names = Set(organisation.entries.keys).union(before.map { Set($0.entries.keys) } ?? [])
        batch.permissions = names.map { subject in
            PermissionChange(name: name(subject), version: version(Int64(state)), statement: organisation.entries[subject].map(Self.statement) ?? .removed)
        }
        let groups = Set(organisation.memberships.keys).union(before.map { Set($0.memberships.keys) } ?? [])
        batch.memberships = groups.compactMap { group in
            let subject = Subject(String(group.text.drop { $0 != "/" }.dropFirst()))
            return subject.map {
                MembershipChange(
                    name: name($0), version: version(Int64(state)), statement: organisation.memberships[group].map(Self.statement) ?? .removed)
            }
        }
        try await register(batch)
    }

    func name(_ subject: Subject, source: String = Organisation.source, tenant: TenantNumber? = nil) -> Name {
        Name(tenant: tenant ?? self.tenant, source: SourceName(source)!, subject: subject)
    }

    func version(_ offset: Int64) -> EventVersion {
        EventVersion(
            sequence: nil,
            position: VersionPosition(
                incarnation: incarnation, record: RecordPosition(topic: "sluice.documents", partition: 0, offset: offset), timestampMilliseconds: offset),
            digest: SHA256.hash(Array("\(offset)".utf8)), isDeletion: false)
    }

    static func statement(_ entry: AccessEntry) -> PermissionChange.Statement {
        switch entry {
        case .list(let list): .stated(PermissionsChanged(list: list, parent: nil))
        case .parent(let parent): .stated(PermissionsChanged(list: nil, parent: parent))
        case .unreadable: .unreadable
        }
    }

    private static func statement(_ state: GroupState) -> MembershipChange.Statement {
        switch state {
        case .members(let members): .members(Array(members))
        case .closed: .unreadable
        }
    }
}
