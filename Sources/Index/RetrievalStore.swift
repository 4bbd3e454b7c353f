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
    /// Of the generation's embedding space; nothing: no search by vectors.
    package let vector: [Float]?
    /// Nothing: no search by words.
    package let terms: String?
    /// How many passages each way of searching contributes.
    package let depth: Int
    /// At most so many of one document; nothing: any number.
    package let perDocument: Int?

    package init(vector: [Float]?, terms: String?, depth: Int, perDocument: Int?) {
        self.vector = vector
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

/// What became of a question to the index.
package enum Asked<Answer: Sendable>: Sendable {
    case answered(Answer)
    /// The positions asked for are not reached.
    case notYet
    /// The registrar has not been heard of for too long.
    case stale
    /// No such tenant, or no live generation.
    case unknownTenant
}

/// Everything retrieval reads, as the role `sluice_retrieval` under row-level security: one snapshot for freshness, principals, search and text, so that
/// an answer is of one moment.
package struct RetrievalStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Which of these tenants are registered.
    package func registered(_ tenants: Set<TenantID>) async throws -> Set<TenantID> {
        guard !tenants.isEmpty else { return [] }
        return try await transaction { session in
            try tenants.filter { tenant in
                _ = try session.execute(.claimTenantName, [.text(tenant.text)])
                return try !session.execute(.tenantFind).isEmpty
            }
        }
    }

    /// Whether the index has come so far; it never goes back.
    package func hasReached(_ positions: [RecordPosition], of tenant: TenantID) async throws -> Bool {
        guard !positions.isEmpty else { return true }
        return try await transaction { session in
            // Who is not there has nothing to wait for.
            guard try Scope.claim(tenant, session) != nil else { return true }
            return try Freshness(positions: positions).judge(session) != .notYet
        }
    }

    /// Asks as somebody, in one snapshot, where that is as new as it has to be.
    package func ask<Answer: Sendable>(
        as claims: Claims, freshness: Freshness = Freshness(), _ body: @escaping @Sendable (RetrievalSnapshot) throws -> Answer
    ) async throws -> Asked<Answer> {
        try await transaction { session in
            guard let scope = try Scope.claim(claims.tenant, session) else { return .unknownTenant }
            switch try freshness.judge(session) {
            case .notYet: return .notYet
            case .stale: return .stale
            case .fresh: break
            }
            try Scope.claim(principals: claims.principals, session)
            return .answered(try body(RetrievalSnapshot(scope: scope, session: session)))
        }
    }

    private func transaction<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(isolation: .repeatableRead, readOnly: true, body) }
    }
}
