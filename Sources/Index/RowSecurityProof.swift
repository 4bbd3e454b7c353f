import Postgres

/// Proves that row-level security holds for the very connections that serve queries, before one is answered: by the catalogue, what the role is and can
/// reach; and by trial, what shows of a canary tenant's two documents.
package struct RowSecurityProof: Sendable {
    /// What does not hold, and what to do about it.
    package struct Flaw: Hashable, Sendable, CustomStringConvertible {
        package enum Kind: String, Sendable {
            /// The role is, or can become, what no policy binds.
            case role
            /// Something the role can reach is not guarded.
            case relation
            /// The canary shows where it must not.
            case leak
            /// The canary does not show where it must: its silence proves nothing.
            case canary
        }

        package let kind: Kind
        package let name: String
        package let what: String

        package var remedy: String {
            switch kind {
            case .role: "take from it what it was given since `sluice migrate` made it: `alter role`, `revoke`, `alter … owner to`"
            case .relation: "make it what the migrations made it, or take it from the role: `alter table … force row level security`, `revoke`, `drop`"
            case .leak: "the policies are not what the migrations made them: find who changed them, and restore them"
            case .canary: "run `sluice migrate`: it plants what is missing of the canary; its rows are nobody's to change"
            }
        }

        package var description: String { "\(name) \(what); \(remedy)" }
    }

    private let pool: PostgresPool

    /// - Parameter pool: connections as queries are answered on.
    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// - Returns: what does not hold; nothing where row-level security may be relied on.
    package func flaws() async throws -> [Flaw] {
        let found = try await catalogueFlaws()
        return found + (try await canaryFlaws())
    }

    /// What the login behind the role could do without it: no flaw, and worth knowing.
    package func loginNotes() async throws -> [String] {
        try await read { session in
            let rows = try session.execute(.proofLogin)
            return try (0..<rows.count).compactMap { row in try rows.optionalString(row, 1).map { "the login \(try rows.string(row, 0)) \($0)" } }
        }
    }

    private func catalogueFlaws() async throws -> [Flaw] {
        try await read { session in
            try [(Statement.proofRole, Flaw.Kind.role), (.proofRelations, .relation)].flatMap { statement, kind in
                let rows = try session.execute(statement)
                return try (0..<rows.count).compactMap { row in
                    try rows.optionalString(row, 1).map { Flaw(kind: kind, name: try rows.string(row, 0), what: $0) }
                }
            }
        }
    }

    // MARK: the canary

    /// Who looks, and what must show.
    private struct Look {
        let who: String
        let tenantName: String
        let tenant: Int32
        let principals: [String]
        let shows: [Int64]
    }

    private static let looks = [
        Look(who: "to its own tenant", tenantName: Canary.tenantName, tenant: 0, principals: [Canary.stranger, "everyone"], shows: [-1]),
        Look(
            who: "to whom the closed one's list allows", tenantName: Canary.tenantName, tenant: 0, principals: [Canary.insider, "everyone"], shows: [-2, -1]),
        Look(who: "to whom a list denies", tenantName: Canary.tenantName, tenant: 0, principals: [Canary.denied, "everyone"], shows: []),
        Look(who: "to nobody's principals", tenantName: Canary.tenantName, tenant: 0, principals: [], shows: []),
        Look(who: "with another tenant's claims", tenantName: "$other", tenant: -1, principals: [Canary.insider, "everyone"], shows: []),
    ]

    private func canaryFlaws() async throws -> [Flaw] {
        try await pool.withConnection { connection in
            var flaws: [Flaw] = []
            for look in Self.looks {
                // Claims are set for one transaction; after each, and after one that failed, the same connection has none.
                flaws += try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { session in
                    _ = try session.execute(.proofClaim, [.text(look.tenantName), .int4(look.tenant), .textArray(look.principals)])
                    return try Self.judge(look, session)
                }
                flaws += try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { session in
                    try Self.unclaimed("without claims, after they were spent", session)
                }
            }
            return flaws
        }
    }

    private static func judge(_ look: Look, _ session: Session) throws -> [Flaw] {
        let rows = try session.execute(.proofCanary)
        return try (0..<rows.count).compactMap { row in
            let shown = Set(try rows.int64Array(row, 1))
            let name = "sluice.\(try rows.string(row, 0))"
            if !shown.isSubset(of: look.shows) { return Flaw(kind: .leak, name: name, what: "shows the canary \(look.who)") }
            return shown == Set(look.shows) ? nil : Flaw(kind: .canary, name: name, what: "does not show the canary \(look.who)")
        }
    }

    private static func unclaimed(_ who: String, _ session: Session) throws -> [Flaw] {
        let rows = try session.execute(.healthUnclaimed)
        return try (0..<rows.count).map { Flaw(kind: .leak, name: "sluice.\(try rows.string($0, 0))", what: "shows rows \(who)") }
    }

    private func read<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(readOnly: true, body) }
    }
}
