import Administration
import Foundation
import Index
import Postgres
import Testing

/// A database of its own, made beside the one that `SLUICE_DATABASE_URL` names and dropped in the end.
struct TestDatabase: Sendable {
    /// As its owner, who passes every policy.
    let url: String

    static let serverURL = ProcessInfo.processInfo.environment["SLUICE_DATABASE_URL"]

    /// - Parameter isMigrated: whether it has the schema when `body` begins.
    static func with<Result: Sendable>(migrated isMigrated: Bool = true, _ body: (TestDatabase) async throws -> Result) async throws -> Result {
        let serverURL = try #require(serverURL)
        let name = "sluice_test_\(UInt64.random(in: 0 ... .max))"
        guard var components = URLComponents(string: serverURL) else { throw IndexError.inconsistent }
        components.path = "/\(name)"
        let database = TestDatabase(url: try #require(components.string))
        try await make(name, serverURL, isMigrated ? database.url : nil)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        try await onServer(serverURL) { try $0.executeScript("drop database \(name) with (force)") }
        return try result.get()
    }

    /// One at a time: the first migration of a server makes roles, which all its databases share.
    private static func make(_ name: String, _ serverURL: String, _ migratedURL: String?) async throws {
        let server = try await PostgresConnection.connect(PostgresConfiguration(url: serverURL, applicationName: "sluice tests"))
        try await server.withSession { session throws in
            try session.executeScript("select pg_advisory_lock(72834)")
            try session.executeScript("create database \(name)")
        }
        if let migratedURL { _ = try await SchemaAdministration.migrate(databaseURL: migratedURL) }
        await server.close()
    }

    private static func onServer(_ url: String, _ body: @Sendable (Session) throws -> Void) async throws {
        let server = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice tests"))
        try await server.withSession(body)
        await server.close()
    }

    /// A session as its owner, or as a role of the schema.
    func connect(as role: String? = nil) async throws -> PostgresConnection {
        var settings = ["search_path": "sluice, public"]
        if let role { settings["role"] = role }
        return try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice tests", settings: settings))
    }

    func withSession<Result: Sendable>(as role: String? = nil, _ body: @Sendable (Session) throws -> Result) async throws -> Result {
        let connection = try await connect(as: role)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await connection.withSession(body)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }
}

extension Trait where Self == ConditionTrait {
    static var needsDatabase: Self {
        .enabled(if: TestDatabase.serverURL != nil, "SLUICE_DATABASE_URL is not set: start a database and set it to run these tests")
    }
}

extension Session {
    /// Statements of tests alone, planned at each use.
    func query(_ sql: String, _ parameters: [Parameter] = []) throws -> Rows {
        try execute(Statement("test", sql, planning: .perUse), parameters)
    }

    func strings(_ sql: String) throws -> [String] {
        let rows = try query(sql)
        return try (0..<rows.count).map { try rows.string($0, 0) }
    }
}
