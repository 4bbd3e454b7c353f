import Contract
import Postgres
import Words

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
    package let terms: WordQuery?
    /// How many passages each way of searching contributes.
    package let depth: Int
    /// At most so many of one document; nothing: any number.
    package let perDocument: Int?

    package init(vector: [Float]?, embeddingSpace: String?, terms: WordQuery?, depth: Int, perDocument: Int?) {
        self.vector = vector
        self.embeddingSpace = embeddingSpace
        self.terms = terms
        self.depth = depth
        self.perDocument = perDocument
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
    case hits([QueryResult.Hit], generation: String)
    /// The live generation has another space than the query was embedded in.
    case otherSpace(String)
    case unknownTenant
}

/// Everything retrieval reads, as the role `sluice_retrieval` under row-level security: one snapshot for principals, search and text, so that an
/// answer is of one moment.
package struct RetrievalStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
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
        try await snapshot { session in
            guard let scope = try Scope.claim(claims, session) else { return .unknownTenant }
            if request.vector != nil, request.embeddingSpace != scope.embeddingSpace { return .otherSpace(scope.embeddingSpace) }
            let candidates = SearchCandidates(
                byVector: try Self.searchVectors(request, session), byTerms: try PassageRows.search(request, session))
            let chosen = choose(candidates)
            return .hits(try Hits.fetch(chosen, scope, session), generation: scope.generation)
        }
    }

    /// - Returns: per document, whether it is shown to the asker; nothing where the tenant is not registered.
    package func check(_ documents: [(source: String, subject: String)], as claims: Claims) async throws -> [Bool]? {
        let sources = documents.map(\.source)
        let subjects = documents.map(\.subject)
        return try await snapshot { session in
            guard try Scope.claim(claims, session) != nil else { return nil }
            let rows = try session.execute(.accessCheck, [.textArray(sources), .textArray(subjects)])
            return try (0..<rows.count).map { try rows.bool($0, 0) }
        }
    }

    private static func searchVectors(_ request: SearchRequest, _ session: Session) throws -> [Passage] {
        guard let vector = request.vector else { return [] }
        let parameters: [Parameter] = [.halfvec(vector), .int4(Int32(request.depth))]
        return try passages(
            request.perDocument.map { try session.execute(.searchVectorsPerDocument, parameters + [.int4(Int32($0))]) }
                ?? session.execute(.searchVectors, parameters))
    }

    private static func passages(_ rows: Rows) throws -> [Passage] {
        try (0..<rows.count).map { Passage(documentID: try rows.int64($0, 0), ordinal: try rows.int32($0, 1)) }
    }

    private func snapshot<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(isolation: .repeatableRead, readOnly: true, body) }
    }
}

/// The asker's claims in force, for the rest of the transaction.
struct Scope {
    let tenant: Int32
    let generationNumber: Int32
    let generation: String
    let embeddingSpace: String

    static func claim(_ claims: Claims, _ session: Session) throws -> Scope? {
        _ = try session.execute(.claimTenantName, [.text(claims.tenant.text)])
        let rows = try session.execute(.claimTenant)
        guard rows.count == 1 else { return nil }
        let principals = try session.execute(.claimPrincipals, [.textArray(claims.principals)])
        guard principals.count == 1, try principals.bool(0, 0), try principals.bool(0, 1) else { throw IndexError.inconsistent }
        return Scope(
            tenant: try rows.int32(0, 2), generationNumber: try rows.int32(0, 3), generation: try rows.string(0, 4),
            embeddingSpace: try rows.string(0, 5))
    }
}

/// Passages with their text and receipts.
enum Hits {
    static func fetch(_ chosen: [(passage: Passage, foundBy: [String])], _ scope: Scope, _ session: Session) throws -> [QueryResult.Hit] {
        guard !chosen.isEmpty else { return [] }
        let rows = try session.execute(
            .hitFetch,
            [
                .int4(scope.tenant), .int4(scope.generationNumber), .int8Array(chosen.map(\.passage.documentID)),
                .int4Array(chosen.map(\.passage.ordinal)),
            ])
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
