import Index
import Migrations
import Postgres

/// The schema, as `migrations/` has it.
package enum SchemaAdministration {
    /// - Returns: the names of the steps applied now.
    package static func migrate(databaseURL: String) async throws -> [String] {
        try await withMigrator(databaseURL) { try await $0.run(on: $1) }
    }

    /// Plants what is missing of the canary that retrieval proves row-level security on; may be repeated.
    package static func plantCanary(databaseURL: String) async throws {
        try await withMigrator(databaseURL) { try await Canary.plant(on: $1) }
    }

    /// What a database still lacks.
    package static func pending(databaseURL: String) async throws -> [String] {
        try await withMigrator(databaseURL) { try await $0.pending(on: $1) }
    }

    private static func withMigrator<Result: Sendable>(
        _ url: String, _ body: (Migrator, PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice migrate"))
        let migrator = Migrator(steps: Migrations.all.map { SchemaStep(number: $0.number, name: $0.name, sql: $0.sql) })
        do {
            let result = try await body(migrator, connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
