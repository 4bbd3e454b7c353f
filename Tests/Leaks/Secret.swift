import Access
import Contract
import Digest
import Index

/// A document that an asker must not learn of. Whatever names it is said of no other document: whoever asks for any of these asks for it.
struct Secret: Sendable {
    let word: String
    let source: String
    let document: String
    let container: String
    let mediaType: String
    let language: String
    let tag: String
    let project: String

    /// The one that there is.
    static let real = Secret(
        word: "rumbozok", source: "vault", document: "plan", container: "safe", mediaType: "text/x-vault", language: "de", tag: "sealed", project: "raven")
    /// One that never was: to be asked for alike, and in as many letters.
    static let imagined = Secret(
        word: "vungozok", source: "cella", document: "plot", container: "tomb", mediaType: "text/x-cella", language: "fr", tag: "buried", project: "crane")

    /// As long as what stands beside it, so that averages of lengths stay.
    var text: String { "\(Library.words[0]) \(word) \(Library.words[1])" }

    /// Why the asker does not see it, or that they do; in an order in which each can follow the one before.
    enum State: String, CaseIterable, Sendable {
        case registeredAlone = "registered, and not yet indexed"
        case othersAlone = "allowed to others"
        case deniedUser = "allowed to everyone, denied to the asker"
        case deniedGroup = "allowed to everyone, denied to a group of the credential"
        case closedGroup = "allowed to everyone, denied to a group that could not be read"
        case aroundClosed = "allowed to everyone, denied to a group around one that could not be read"
        case nobody = "allowed to nobody"
        case unreadable = "under a list that could not be read"
        case unlisted = "without a list"
        case container = "in a container that others may see"
        case emptyContainer = "in a container without a list"
        case cycle = "in a container that is in itself"
        case moved = "on its way into a closed container"
        case expired = "expired"
        case deleted = "deleted"
        case elsewhere = "deleted, and another tenant's"
        /// What all the others must not look like.
        case visible = "visible"
    }

    func content(_ text: String) async throws -> RenditionContent {
        let body = Array(text.utf8)
        let metadata = #"{"project":"\#(project)","tags":["\#(tag)"]}"#
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: "About \(word)", uri: nil, mediaType: mediaType, language: language, modifiedAt: .now,
            metadata: Array(metadata.utf8), body: body,
            chunks: [ChunkRow(span: 0..<body.count, headings: [], page: nil, embeddingTextDigest: SHA256.hash(body))],
            terms: Library.analyzer.passageTerms(of: [body], language: nil), vectors: Array(try await Library.model.embed([body], for: .passage)[0]),
            dimension: Library.dimension)
    }
}

/// Brings a secret from one state to the next, as events would.
struct SecretKeeper: Sendable {
    let world: LeakWorld
    let secret: Secret
    let asker: Principal
    let group: Principal
    /// Each event of a state after those of the states before.
    private var offset: Int64 = 1000

    private static let closed = Subject("shut")!
    private static let aroundClosed = Subject("around-shut")!

    init(_ world: LeakWorld, _ secret: Secret, from asker: Principal, in group: Principal) {
        (self.world, self.secret, self.asker, self.group) = (world, secret, asker, group)
    }

    mutating func bring(to state: Secret.State) async throws {
        let document = Subject(secret.document)!
        let container = Subject(secret.container)!
        let other = Principal("user:other")!
        func closing(_ group: Subject) -> Principal { Principal("group:\(secret.source)/\(group.text)")! }
        switch state {
        case .registeredAlone:
            try await permit(document, .list(AccessList(allow: [.everyone])))
            try await register(.exists(DocumentFacts(container: nil, expiresAt: nil)))
        case .othersAlone:
            try await permit(document, .list(AccessList(allow: [other])))
            try await index()
        case .deniedUser: try await permit(document, .list(AccessList(allow: [.everyone], deny: [asker])))
        case .deniedGroup: try await permit(document, .list(AccessList(allow: [.everyone], deny: [group])))
        case .closedGroup:
            try await close()
            try await permit(document, .list(AccessList(allow: [.everyone], deny: [closing(Self.closed)])))
        case .aroundClosed: try await permit(document, .list(AccessList(allow: [.everyone], deny: [closing(Self.aroundClosed)])))
        case .nobody: try await permit(document, .list(AccessList(allow: [])))
        case .unreadable: try await permit(document, .unreadable)
        case .unlisted: try await permit(document, nil)
        case .container:
            try await permit(container, .list(AccessList(allow: [other])))
            try await index(in: container)
        case .emptyContainer: try await permit(container, nil)
        case .cycle: try await permit(container, .parent(container))
        case .moved:
            let open = Subject("open")!
            try await permit(open, .list(AccessList(allow: [.everyone])))
            try await permit(container, .list(AccessList(allow: [other])))
            try await index(in: open)
            try await register(.exists(DocumentFacts(container: container, expiresAt: nil)))
        case .expired:
            try await permit(document, .list(AccessList(allow: [.everyone])))
            try await index(until: Timestamp(microsecondsSinceEpoch: 1))
        case .deleted:
            try await index()
            try await register(.deleted)
        case .elsewhere: try await index(tenant: world.stranger)
        case .visible:
            try await index(in: container)
            try await permit(document, .list(AccessList(allow: [asker])))
        }
    }

    private mutating func next() -> EventVersion {
        offset += 1
        return world.version(offset)
    }

    private func name(_ subject: Subject, tenant: TenantNumber? = nil) -> Name { world.name(subject, source: secret.source, tenant: tenant) }

    private mutating func permit(_ subject: Subject, _ entry: AccessEntry?, tenant: TenantNumber? = nil) async throws {
        var batch = RegistrarBatch()
        batch.permissions = [PermissionChange(name: name(subject, tenant: tenant), version: next(), statement: entry.map(LeakWorld.statement) ?? .removed)]
        try await world.register(batch)
    }

    private mutating func close() async throws {
        var batch = RegistrarBatch()
        batch.memberships = [
            MembershipChange(name: name(Self.closed), version: next(), statement: .unreadable),
            MembershipChange(
                name: name(Self.aroundClosed), version: next(), statement: .members([Principal("group:\(secret.source)/\(Self.closed.text)")!])),
        ]
        try await world.register(batch)
    }

    private mutating func register(_ statement: FactChange.Statement) async throws {
        var batch = RegistrarBatch()
        batch.facts = [FactChange(name: name(Subject(secret.document)!), version: next(), statement: statement)]
        try await world.register(batch)
    }

    private mutating func index(in container: Subject? = nil, until expiry: Timestamp? = nil, tenant: TenantNumber? = nil) async throws {
        let document = Subject(secret.document)!
        if tenant != nil { try await permit(document, .list(AccessList(allow: [.everyone])), tenant: tenant) }
        // Where a container's list is to count.
        if container != nil { try await permit(document, nil) }
        let facts = DocumentFacts(container: container, expiresAt: expiry)
        let (name, version, content) = (name(document, tenant: tenant), next(), try await secret.content(secret.text))
        var batch = GenerationBatch()
        batch.facts = [FactChange(name: name, version: version, statement: .exists(facts))]
        batch.renditions = [RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content))]
        try await world.index(batch)
    }
}
