import Postgres

/// A tenant of two documents that row-level security is tried on: an open one and a closed one. Its name and those of its users are out of the contract's
/// form, so that no event, query or token can be of it.
package enum Canary {
    static let tenantName = "$canary"
    static let tenantNumber: Int32 = 0
    /// Denied by the open document's list.
    static let denied = "user:$denied"
    /// The one user that the closed document's list allows.
    static let insider = "user:$insider"
    static let stranger = "user:$stranger"

    /// Plants what is missing of it; called with the schema up to date, by whom migrates.
    package static func plant(on connection: PostgresConnection) async throws {
        try await connection.withTransaction { session throws in
            // Each table by the role that may write it; the owner itself stands under forced policies.
            try session.executeScript("set local search_path = sluice, public; set local role sluice_admin", named: "canary_role")
            _ = try session.execute(.canaryTenant)
            try session.executeScript("set local role sluice_ingest", named: "canary_role")
            _ = try session.execute(.canaryRows)
        }
    }
}
