import Contract
import Postgres

/// What administration writes, as the role `sluice_admin`.
package struct AdministrationStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// - Returns: whether the tenant is new.
    package func createTenant(_ tenant: TenantID) async throws -> Bool {
        try await pool.withConnection { try await $0.withTransaction { try !$0.execute(.tenantCreate, [.text(tenant.text)]).isEmpty } }
    }

    package func tenants() async throws -> [TenantID] {
        try await pool.withConnection { connection in
            try await connection.withSession { session in
                let rows = try session.execute(.tenantList)
                return try (0..<rows.count).compactMap { TenantID(try rows.string($0, 1)) }
            }
        }
    }

    /// Makes the generation where it is missing; the first of all is live at once.
    package func ensureGeneration(name: String, embeddingSpace: String, dimension: Int, chunker: String, parser: String) async throws {
        try await pool.withConnection { connection in
            try await connection.withTransaction { session in
                _ = try session.execute(
                    .generationCreate, [.text(name), .text(embeddingSpace), .int4(Int32(dimension)), .text(chunker), .text(parser)])
            }
        }
    }
}
