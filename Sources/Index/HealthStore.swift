import Postgres

/// What the guarantees of the index rest on, looked up in the database itself: versions, roles, policies.
package struct HealthStore: Sendable {
    /// Something that is not as it must be: its name in the schema, and what is wrong.
    package struct Flaw: Sendable, Hashable {
        package let name: String
        package let what: String

        package init(name: String, what: String) {
            self.name = name
            self.what = what
        }
    }

    /// As the login itself, in no role: what it reads is open to all, and the roles may be what is missing.
    private let catalogue: PostgresPool

    /// - Parameter url: any login of the database.
    package init(url: String) {
        catalogue = PostgresPool(PostgresConfiguration(url: url, applicationName: "sluice doctor", connectTimeout: .seconds(5)), limit: 1)
    }

    /// - Returns: the server's version as it counts (`160004` is 16.4), and pgvector's, where it is installed.
    package func versions() async throws -> (server: Int, pgvector: String?) {
        try await catalogue.withConnection { connection in
            try await connection.withSession { session in
                let rows = try session.execute(.healthVersions)
                return (Int(try rows.int32(0, 0)), try rows.optionalString(0, 1))
            }
        }
    }

    /// Roles that are missing or may do more than their work needs.
    package func roleFlaws() async throws -> [Flaw] { try await flaws(.healthRoles) }

    /// Tables and views that row-level security does not guard. The schema must be there.
    package func policyFlaws() async throws -> [Flaw] { try await flaws(.healthPolicies) }

    private func flaws(_ statement: Statement) async throws -> [Flaw] {
        try await catalogue.withConnection { connection in
            try await connection.withSession { session in
                let rows = try session.execute(statement)
                return try (0..<rows.count).compactMap { row in
                    try rows.optionalString(row, 1).map { Flaw(name: try rows.string(row, 0), what: $0) }
                }
            }
        }
    }
}
