import Glibc
import Postgres
import Testing

/// The real database that tests run against: `SLUICE_DATABASE_URL`, of a role that may create extensions.
enum Database {
    static let url = getenv("SLUICE_DATABASE_URL").map { String(cString: $0) }

    static func configuration(_ settings: [String: String] = [:]) throws -> PostgresConfiguration {
        PostgresConfiguration(url: try #require(url), applicationName: "sluice tests", settings: settings)
    }

    static func connect(_ settings: [String: String] = [:]) async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration(settings))
    }

    /// A connection to a database that has pgvector; tests running at once make it one after another.
    static func connectWithVectors() async throws -> PostgresConnection {
        let connection = try await connect()
        try await connection.withSession {
            try $0.executeScript("begin; select pg_advisory_xact_lock(7283); create extension if not exists vector; commit")
        }
        return connection
    }
}

extension Trait where Self == ConditionTrait {
    static var needsDatabase: Self {
        .enabled(if: Database.url != nil, "SLUICE_DATABASE_URL is not set: start a database and set it to run these tests")
    }
}
