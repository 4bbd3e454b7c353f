import Contract
import Postgres

/// Who asks, of which tenant. The claims are set for one transaction and every policy reads them.
package struct Claims: Sendable {
    package let tenant: TenantID
    /// The user, everyone, and the groups of the credential; what is around them is found in the same snapshot.
    package let principals: [String]

    package init(tenant: TenantID, principals: [String]) {
        self.tenant = tenant
        self.principals = principals
    }
}

/// A passage a search found.
package struct Passage: Hashable, Sendable {
    package let documentID: Int64
    package let ordinal: Int32
}

/// What to look for, and how deep.
package struct SearchRequest: Sendable {
    /// A vector of the space it was embedded in; nothing: no search by vectors.
    package let vector: [Float]?
    package let embeddingSpace: String?
    /// Nothing: no search by words.
    package let terms: String?
    /// How many passages each way of searching contributes.
    package let depth: Int
    /// At most so many of one document; nothing: any number.
    package let perDocument: Int?
    /// Of these documents alone, ascending; nothing: of all.
    package let within: [Int64]?

    package init(vector: [Float]?, embeddingSpace: String?, terms: String?, depth: Int, perDocument: Int?, within: [Int64]? = nil) {
        self.vector = vector
        self.embeddingSpace = embeddingSpace
        self.terms = terms
        self.depth = depth
        self.perDocument = perDocument
        self.within = within
    }
}

/// What each way found, as many as were asked for wherever so many passages match.
package struct SearchCandidates: Sendable {
    /// Nearest first; by words, best first.
    package let byVector: [Passage]
    package let byTerms: [Passage]
}

package enum SearchAnswer: Sendable {
    /// Hits in the order they were chosen.
    case hits([QueryResult.Hit], generation: String, plan: SearchPath)
    /// The live generation has another space than the query was embedded in.
    case otherSpace(String)
    case unknownTenant
}

/// Everything retrieval reads, as the role `sluice_retrieval` under row-level security: one snapshot for principals, search and text, so that an
/// answer is of one moment.
package struct RetrievalStore: Sendable {
    private let pool: PostgresPool
    private let mirrors: Mirrors?

    /// - Parameter mirrors: nothing: all is searched by rows.
    package init(pool: PostgresPool, mirrors: Mirrors? = nil) {
        self.pool = pool
        self.mirrors = mirrors
    }

    /// Which of these tenants are registered.
    package func registered(_ tenants: Set<TenantID>) async throws -> Set<TenantID> {
        guard !tenants.isEmpty else { return [] }
        return try await snapshot { session in
            try tenants.filter { tenant in
                _ = try session.execute(.claimTenantName, [.text(tenant.text)])
                return try !session.execute(.tenantFind).isEmpty
            }
        }
    }

    /// - Parameter choose: fuses what was found into the passages to show, with the ways that found each.
    package func search(
        _ request: SearchRequest, as claims: Claims, choose: @escaping @Sendable (SearchCandidates) -> [(passage: Passage, foundBy: [String])]
    ) async throws -> SearchAnswer {
        // Taken before the snapshot begins: what changed in between is in the log of changes.
        let mirrored = request.vector == nil ? nil : mirrors?.mirrored(claims.tenant)
        let opening = Scope.claiming(claims) + (mirrored.map { [$0.changesSince] } ?? [])
        return try await snapshot(opening: opening) { session, rows in
            guard let scope = try Scope(rows) else { return .unknownTenant }
            if request.vector != nil, request.embeddingSpace != scope.embeddingSpace { return .otherSpace(scope.embeddingSpace) }
            let changes = try mirrored.map { _ in try MirrorChanges(rows[Scope.statementCount]) }
            let search = VectorSearch(request: request, mirrored: mirrored, changes: changes, lists: scope.lists, generation: scope.generationNumber)
            if request.vector != nil, search.wantsRenewal { mirrors?.renew(claims.tenant) }
            let (byVector, plan) = try search.run(session)
            let candidates = SearchCandidates(byVector: byVector, byTerms: try Self.searchTerms(request, session))
            return .hits(try Hits.fetch(choose(candidates), scope, session), generation: scope.generation, plan: plan)
        }
    }

    /// - Returns: per document, whether it is shown to the asker; nothing where the tenant is not registered.
    package func check(_ documents: [(source: String, subject: String)], as claims: Claims) async throws -> [Bool]? {
        let sources = documents.map(\.source)
        let subjects = documents.map(\.subject)
        return try await snapshot(opening: Scope.claiming(claims)) { session, rows in
            guard try Scope(rows) != nil else { return nil }
            let rows = try session.execute(.accessCheck, [.textArray(sources), .textArray(subjects)])
            return try (0..<rows.count).map { try rows.bool($0, 0) }
        }
    }

    private static func searchTerms(_ request: SearchRequest, _ session: Session) throws -> [Passage] {
        guard let terms = request.terms else { return [] }
        let claim = try session.pipeline((request.within.map(Candidates.claiming) ?? Candidates.claimingAll) + [(.claimTerms, [.text(terms)])])
        guard try claim[claim.count - 1].bool(0, 0) else { return [] }  // nothing but stop words
        let parameters: [Parameter] = [.int4(Int32(request.depth))]
        return try Passage.all(
            request.perDocument.map { try session.execute(.searchTermsPerDocument, parameters + [.int4(Int32($0))]) }
                ?? session.execute(.searchTerms, parameters))
    }

    private func snapshot<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(isolation: .repeatableRead, readOnly: true, body) }
    }

    private func snapshot<Result: Sendable>(
        opening statements: [(statement: Statement, parameters: [Parameter])], _ body: @escaping @Sendable (Session, [Rows]) throws -> Result
    ) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(isolation: .repeatableRead, readOnly: true, opening: statements, body) }
    }
}

extension Passage {
    /// Rows of (document, ordinal).
    static func all(_ rows: Rows) throws -> [Passage] {
        try (0..<rows.count).map { Passage(documentID: try rows.int64($0, 0), ordinal: try rows.int32($0, 1)) }
    }
}

/// The asker's claims in force, for the rest of the transaction.
struct Scope {
    let tenant: Int32
    let generationNumber: Int32
    let generation: String
    let embeddingSpace: String
    /// The access lists that let the asker in, ascending.
    let lists: [Int64]

    /// How the claims are made, each by what those before it let it see: rows for `init(_:)`.
    static func claiming(_ claims: Claims) -> [(statement: Statement, parameters: [Parameter])] {
        [
            (.claimTenantName, [.text(claims.tenant.text)]), (.claimTenant, []), (.claimPrincipals, [.textArray(claims.principals)]), (.claimSets, []),
            (.claimLists, []),
        ]
    }

    static let statementCount = 5

    /// - Returns: nothing where the tenant is not registered, or no generation is live.
    init?(_ rows: [Rows]) throws {
        guard rows.count >= Self.statementCount else { throw IndexError.inconsistent }
        let (tenant, principals, sets, lists) = (rows[1], rows[2], rows[3], rows[4])
        guard tenant.count == 1 else { return nil }
        guard principals.count == 1, try principals.bool(0, 0), try principals.bool(0, 1), try sets.bool(0, 0), try lists.bool(0, 0) else {
            throw IndexError.inconsistent
        }
        self.tenant = try tenant.int32(0, 2)
        generationNumber = try tenant.int32(0, 3)
        generation = try tenant.string(0, 4)
        embeddingSpace = try tenant.string(0, 5)
        self.lists = try lists.int64Array(0, 1)
    }

    static func claim(_ claims: Claims, _ session: Session) throws -> Scope? {
        try Scope(try session.pipeline(claiming(claims)))
    }
}

/// Passages with their text and receipts.
enum Hits {
    static func fetch(_ chosen: [(passage: Passage, foundBy: [String])], _ scope: Scope, _ session: Session) throws -> [QueryResult.Hit] {
        guard !chosen.isEmpty else { return [] }
        let documents = chosen.map(\.passage.documentID)
        let fetch: [Parameter] = [.int4(scope.tenant), .int4(scope.generationNumber), .int8Array(documents), .int4Array(chosen.map(\.passage.ordinal))]
        let rows = try session.pipeline(Candidates.claiming(Array(Set(documents))) + [(.hitFetch, fetch)])[2]
        return try (0..<rows.count).map { row in
            let index = Int(try rows.int32(row, 0)) - 1
            return try hit(rows, row, foundBy: chosen[index].foundBy)
        }
    }

    private static func hit(_ rows: Rows, _ row: Int, foundBy: [String]) throws -> QueryResult.Hit {
        guard let source = SourceName(try rows.string(row, 1)), let document = Subject(try rows.string(row, 2)) else { throw IndexError.inconsistent }
        let position = RecordPosition(topic: try rows.string(row, 14), partition: try rows.int32(row, 15), offset: try rows.int64(row, 16))
        let listPosition = RecordPosition(topic: "", partition: try rows.int32(row, 18), offset: try rows.int64(row, 19))
        let receipt = QueryResult.Receipt(
            textDigest: try rows.bytes(row, 13), contentVersion: try rows.optionalInt64(row, 17).map(String.init) ?? position.version,
            permissionsVersion: try rows.optionalInt64(row, 20).map(String.init) ?? listPosition.version, position: position)
        let span = Int(try rows.int32(row, 9))..<Int(try rows.int32(row, 10))
        return QueryResult.Hit(
            source: source, document: document, title: try rows.optionalString(row, 3), uri: try rows.optionalString(row, 4),
            text: String(decoding: try rows.bytes(row, 8), as: UTF8.self), span: span, headings: try rows.stringArray(row, 11),
            page: try rows.optionalInt32(row, 12).map(Int.init), foundBy: foundBy, language: try rows.optionalString(row, 6),
            mediaType: try rows.optionalString(row, 5), metadata: Array((try rows.optionalString(row, 7) ?? "{}").utf8), receipt: receipt)
    }
}
