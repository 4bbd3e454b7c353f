import Access
import Contract
import Digest
import Foundation
import Index
import Postgres
import Synchronization
import Testing
import Words

/// Documents that change at random, and what of them each asker may see by the pure verdict.
struct Churn: Sendable {
    static let environment = ProcessInfo.processInfo.environment
    static let words = ["kezzok", "bolgak", "vardok", "mungak", "tirpok"]

    struct Asker: Sendable {
        let user: Principal
        let groups: [Principal]

        var principals: [String] { ([user, .everyone] + groups).map(\.text) }
    }

    private struct Document: Sendable {
        var isThere = false
        var isExpired = false
        var container: Subject?
        /// `[passage]`: the one word of each.
        var words: [String] = []
    }

    private static let documentCount = 600
    private static let most = 24
    private static let containers = (0..<10).map { Subject("box-\($0)")! }
    private static let (alice, bob) = (Principal("user:alice")!, Principal("user:bob")!)
    private static let group = Subject("eng")!
    private static let engineers = Principal("group:wiki/eng")!
    static let askers = [Asker(user: alice, groups: []), Asker(user: bob, groups: []), Asker(user: Principal("user:carol")!, groups: [engineers])]

    private let world: World
    var random: SplitMix64
    private var documents = [Document](repeating: Document(), count: documentCount)
    private var entries: [Subject: AccessEntry] = [:]
    private var members: Set<Principal> = []
    private var offset: Int64 = 0

    init(_ world: World, seed: UInt64) {
        self.world = world
        random = SplitMix64(state: seed)
    }

    // MARK: what is done

    mutating func begin() async throws {
        try await permit(Self.containers + documents.indices.filter { $0.isMultiple(of: 3) }.map(Self.subject))
        try await enrol()
        for start in stride(from: 0, to: documents.count, by: 100) { try await upsert(Array(start..<min(start + 100, documents.count))) }
    }

    /// - Parameter changes: how many, in transactions of one to a few.
    mutating func run(_ changes: Int) async throws {
        var left = changes
        while left > 0 {
            let some = Array(documents.indices.shuffled(using: &random).prefix(Int.random(in: 1...Self.most, using: &random)))
            switch Int.random(in: 0..<20, using: &random) {
            case ..<9: try await upsert(some)
            case ..<11: try await delete(some)
            case ..<17: try await permit(some.map(Self.subject))
            case ..<19: try await permit([Self.containers.randomElement(using: &random) ?? Self.containers[0]])
            default: try await enrol()
            }
            left -= some.count
        }
    }

    /// New passages, in some container or none; one in ten has expired.
    private mutating func upsert(_ numbers: [Int]) async throws {
        var (facts, renditions): ([FactChange], [RenditionChange]) = ([], [])
        for number in numbers {
            let (name, version) = (world.name(Self.subject(number).text), next())
            let passages = (0..<Int.random(in: 1...Self.most, using: &random)).map { _ in Self.words.randomElement(using: &random) ?? "" }
            documents[number] = Document(
                isThere: true, isExpired: Int.random(in: 0..<10, using: &random) == 0,
                container: Int.random(in: 0..<4, using: &random) == 0 ? nil : Self.containers.randomElement(using: &random), words: passages)
            let stated = DocumentFacts(
                container: documents[number].container, expiresAt: documents[number].isExpired ? Timestamp(microsecondsSinceEpoch: 1) : nil)
            let content = content(of: passages)
            facts.append(FactChange(name: name, version: version, statement: .exists(stated)))
            renditions.append(RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: stated, content)))
        }
        try await world.index(facts: facts, renditions)
    }

    private mutating func delete(_ numbers: [Int]) async throws {
        for number in numbers { documents[number].isThere = false }
        try await world.register(facts: numbers.map { world.deleted(Self.subject($0).text, next()) })
    }

    /// Another list for each, or none.
    private mutating func permit(_ subjects: [Subject]) async throws {
        let principals = [Self.alice, Self.bob, Self.engineers, .everyone]
        let changes = subjects.map { subject in
            func some() -> [Principal] { principals.filter { _ in Int.random(in: 0..<3, using: &random) == 0 } }
            let isContainer = Self.containers.contains(subject)
            let entry: AccessEntry? =
                switch Int.random(in: 0..<8, using: &random) {
                case ..<3 where !isContainer: nil
                case 3: .unreadable
                case 4: .list(AccessList(allow: [.everyone], deny: some()))
                case 5 where isContainer: .parent(Self.containers.randomElement(using: &random) ?? subject)
                default: .list(AccessList(allow: some()))
                }
            entries[subject] = entry
            let statement: PermissionChange.Statement =
                switch entry {
                case .list(let list): .stated(PermissionsChanged(list: list, parent: nil))
                case .parent(let parent): .stated(PermissionsChanged(list: nil, parent: parent))
                case .unreadable: .unreadable
                case nil: .removed
                }
            return PermissionChange(name: world.name(subject.text), version: next(), statement: statement)
        }
        try await world.register(permissions: changes)
    }

    private mutating func enrol() async throws {
        members = Set([Self.alice, Self.bob].filter { _ in Bool.random(using: &random) })
        try await world.register(
            memberships: [MembershipChange(name: world.name(Self.group.text), version: next(), statement: .members(Array(members)))])
    }

    private mutating func next() -> EventVersion {
        offset += 1
        return world.version(offset)
    }

    private mutating func content(of passages: [String]) -> RenditionContent {
        let body = Array(passages.joined(separator: "\n").utf8)
        var start = 0
        let chunks = passages.map { passage in
            let span = start..<start + passage.utf8.count
            start = span.upperBound + 1
            return ChunkRow(span: span, headings: [], page: nil, embeddingTextDigest: SHA256.hash(Array(passage.utf8)))
        }
        let vectors = passages.flatMap { _ in vector() }
        return RenditionContent(
            contentDigest: SHA256.hash(Array("\(offset)".utf8)), title: nil, uri: nil, mediaType: "text/plain", language: nil, modifiedAt: nil,
            metadata: Array("{}".utf8), body: body, chunks: chunks, terms: TermAnalyzer().passageTerms(of: passages.map { Array($0.utf8) }, language: nil),
            vectors: vectors, dimension: World.dimension)
    }

    // MARK: what must be found

    mutating func vector() -> [Float] { random.vector(World.dimension) }

    func visible(to asker: Asker) -> [String] {
        let claims = Access.Claims(user: asker.user, groups: asker.groups, memberships: [Self.engineers: .members(members)])
        return documents.indices.filter { number in
            let document = documents[number]
            let list = AccessWalk.list(ofDocument: Self.subject(number), in: document.container) { entries[$0] }
            return document.isThere && !document.isExpired && isVisible(under: list, to: claims)
        }.map { Self.subject($0).text }
    }

    /// The passages of these documents that have the word, as `document/ordinal`.
    func passages(of visible: [String], with word: String) -> Set<String> {
        let visible = Set(visible)
        return Set(
            documents.indices.filter { visible.contains(Self.subject($0).text) }.flatMap { number in
                documents[number].words.indices.filter { documents[number].words[$0] == word }.map { "\(Self.subject(number).text)/\($0)" }
            })
    }

    /// Of these documents, as their owner sees them, without policies and without a mirror: `document/ordinal`, nearest first.
    func nearest(to vector: [Float], of visible: [String], depth: Int, perDocument: Int?) async throws -> [String] {
        try await world.database.withSession { session throws in
            let rows = try session.query(
                """
                select subject || '/' || o from (
                    select d.subject, p.document_id, p.pack * 10 + x.o as o, x.v <#> $2::halfvec as score,
                        row_number() over (partition by p.document_id order by x.v <#> $2::halfvec, p.pack * 10 + x.o) as place
                    from document d join vector_pack p using (tenant_id, document_id)
                    cross join lateral (values (0, v0), (1, v1), (2, v2), (3, v3), (4, v4), (5, v5), (6, v6), (7, v7), (8, v8), (9, v9)) x (o, v)
                    where d.tenant_id > 0 and d.subject = any ($1::text[]) and x.v is not null) ranked
                where place <= $3::int order by score, document_id, o limit $4::int
                """, [.textArray(visible), .halfvec(vector), .int4(Int32(perDocument ?? 1 << 20)), .int4(Int32(depth))])
            return try (0..<rows.count).map { try rows.string($0, 0) }
        }
    }

    /// `document/ordinal` of what was found.
    func named(_ passages: [Passage]) async throws -> [String] {
        let names = try await world.database.withSession { session throws in
            let rows = try session.query("select document_id, subject from document where tenant_id > 0", [])
            return Dictionary(uniqueKeysWithValues: try (0..<rows.count).map { (try rows.int64($0, 0), try rows.string($0, 1)) })
        }
        return passages.map { "\(names[$0.documentID] ?? "?")/\($0.ordinal)" }
    }

    private static func subject(_ number: Int) -> Subject { Subject("d\(number)")! }
}

extension SplitMix64 {
    /// Of length one.
    mutating func vector(_ dimension: Int) -> [Float] {
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &self) }
        let length = max(components.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
        return components.map { $0 / length }
    }
}

/// Raised once.
final class Flag: Sendable {
    private let value = Mutex(false)

    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}
