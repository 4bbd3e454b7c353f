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
    /// Of the generation's embedding space; nothing: no search by vectors.
    package let vector: [Float]?
    /// Nothing: no search by words.
    package let terms: WordQuery?
    /// How many passages each way of searching contributes.
    package let depth: Int
    /// At most so many of one document; nothing: any number.
    package let perDocument: Int?
    /// Of these documents alone, ascending; nothing: of all.
    package let within: [Int64]?

    package init(vector: [Float]?, terms: WordQuery?, depth: Int, perDocument: Int?, within: [Int64]? = nil) {
        self.vector = vector
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
    package let path: SearchPath

    package init(byVector: [Passage], byTerms: [Passage], path: SearchPath) {
        self.byVector = byVector
        self.byTerms = byTerms
        self.path = path
    }
}

/// What became of a question to the index.
package enum Asked<Answer: Sendable>: Sendable {
    case answered(Answer)
    /// The positions asked for are not reached.
    case notYet
    /// The registrar has not been heard of for too long.
    case stale
    /// No such tenant, a suspended one, or no live generation.
    case unknownTenant
}

/// What a tenant is to who asks.
package enum TenantStanding: Sendable, Hashable {
    case active
    /// Nobody is answered.
    case suspended
    case unregistered
}

/// Everything retrieval reads, as the role `sluice_retrieval` under row-level security: one snapshot for freshness, principals, search and text, so that
/// an answer is of one moment.
package struct RetrievalStore: Sendable {
    private let pool: PostgresPool
    private let mirrors: Mirrors?
    private let generation: String?

    /// - Parameter mirrors: nothing: all is searched by rows.
    package init(pool: PostgresPool, mirrors: Mirrors? = nil) {
        self.pool = pool
        self.mirrors = mirrors
        generation = nil
    }

    /// Of a generation that need not be live: for evaluations, never for questions that come by a topic.
    package init(pool: PostgresPool, evaluating generation: String) {
        self.pool = pool
        mirrors = nil
        self.generation = generation
    }

    /// Whether the tenant is registered, and answered.
    package func standing(of tenant: TenantID) async throws -> TenantStanding {
        try await pool.snapshot { session in
            _ = try session.execute(.claimRegisteredName, [.text(tenant.text)])
            let rows = try session.execute(.tenantFind)
            guard rows.count == 1 else { return .unregistered }
            return try rows.bool(0, 0) ? .suspended : .active
        }
    }

    /// Whether the index has come so far; it never goes back.
    package func hasReached(_ positions: [RecordPosition], of tenant: TenantID) async throws -> Bool {
        guard !positions.isEmpty else { return true }
        let freshness = Freshness(positions: positions)
        return try await snapshot(opening: Scope.claiming(tenant) + freshness.asking) { _, rows in
            // Who is not there has nothing to wait for.
            try rows[Scope.tenantRow].isEmpty || freshness.verdict(rows[Scope.tenantStatements...]) != .notYet
        }
    }

    /// Asks as somebody, in one snapshot, where that is as new as it has to be.
    package func ask<Answer: Sendable>(
        as claims: Claims, freshness: Freshness = Freshness(), _ body: @escaping @Sendable (RetrievalSnapshot) throws -> Answer
    ) async throws -> Asked<Answer> {
        // Taken before the snapshot begins: what changed in between is in the log of changes.
        let mirrored = mirrors?.mirrored(claims.tenant) ?? []
        let changes = mirrored.first.map { [$0.changesSince] } ?? []
        return try await snapshot(opening: Scope.claiming(claims, in: generation) + changes + freshness.asking) { session, rows in
            guard let scope = try Scope(rows) else {
                mirrors?.forget(claims.tenant)
                return .unknownTenant
            }
            let rest = rows[Scope.statements...]
            switch try freshness.verdict(rest.dropFirst(changes.count)) {
            case .notYet: return .notYet
            case .stale: return .stale
            case .fresh: break
            }
            mirrors?.show(claims.tenant, scope.generation)
            let snapshot = RetrievalSnapshot(
                scope: scope, session: session, mirroring: try Self.mirroring(mirrored, rest.first, scope, session),
                renew: { [mirrors] in mirrors?.renew(claims.tenant, $0) }, prepare: { [mirrors] in mirrors?.prepare(claims.tenant, $0) })
            return .answered(try body(snapshot))
        }
    }

    /// - Parameter changes: since the first; what changed since another is asked for only where that is the one.
    private static func mirroring(_ mirrored: [Mirrored], _ changes: Rows?, _ scope: Scope, _ session: Session) throws -> Mirroring? {
        guard let index = mirrored.firstIndex(where: { $0.generation == scope.generation.number }) else { return nil }
        let since = mirrored[index].changesSince
        guard let rows = index == 0 ? changes : try session.execute(since.statement, since.parameters) else { return nil }
        return Mirroring(mirrored: mirrored[index], changes: try MirrorChanges(rows))
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
