import Contract
import Postgres

/// What only the owner of a table may do, and what it is about.
package struct UpkeepCommand: Sendable, Hashable {
    /// A table's or an index's name.
    package let name: String
    /// It takes away what another left.
    package var isTidying = false
    /// As the database has put it together: see the statement it comes from.
    let command: String
}

/// An index, and how large it would be if it were made anew.
package struct IndexSize: Sendable {
    package let name: String
    package let pages: Int64
    let entries: Int64
    /// Nothing where no such index was seen fresh yet.
    package let freshPages: Int64?
    /// Whether how large it was when it was fresh is known.
    let isKnown: Bool
    /// What makes it anew, beside whoever uses it.
    package let rebuild: UpkeepCommand

    /// More than twice as large as it has to be.
    package var isBloated: Bool { freshPages.map { pages > 2 * $0 } ?? false }
}

extension AdministrationStore {
    /// Tables whose statistics are behind.
    ///
    /// - Parameter minimum: rows that have to have changed.
    package func staleTables(minimum: Int64) async throws -> [UpkeepCommand] {
        try await read { session in
            let rows = try session.execute(.statisticsStale, [.int8(minimum)])
            return try (0..<rows.count).map { UpkeepCommand(name: try rows.string($0, 0), command: try rows.string($0, 2)) }
        }
    }

    /// Indexes that are worth a look.
    package func indexSizes(minimumPages: Int64) async throws -> [IndexSize] {
        try await read { session in
            let rows = try session.execute(.indexSizes, [.int8(minimumPages)])
            return try (0..<rows.count).map { row in
                let name = try rows.string(row, 0)
                return IndexSize(
                    name: name, pages: try rows.int64(row, 1), entries: try rows.int64(row, 2), freshPages: try rows.optionalInt64(row, 3),
                    isKnown: try rows.bool(row, 4), rebuild: UpkeepCommand(name: name, command: try rows.string(row, 5)))
            }
        }
    }

    /// Writes down how large these are that were never measured and of whose kind nothing is known before.
    package func noteFirstSizes(_ sizes: [IndexSize]) async throws {
        for size in sizes where size.freshPages == nil && !size.isKnown && size.entries > 0 { try await noteFreshSize(of: size.name) }
    }

    /// Writes down that an index is as large as it has to be.
    package func noteFreshSize(of index: String) async throws {
        try await write { _ = try $0.execute(.indexSizeWrite, [.text(index)]) }
    }

    /// What is left of indexes that were not rebuilt to the end.
    package func leftoverIndexes() async throws -> [UpkeepCommand] {
        try await read { session in
            let rows = try session.execute(.indexLeftovers)
            return try (0..<rows.count).map { UpkeepCommand(name: try rows.string($0, 0), isTidying: true, command: try rows.string($0, 1)) }
        }
    }
}

/// A session as the owner of the tables: what cannot be granted, and cannot run in a transaction.
package struct TableOwner: Sendable {
    private let url: String
    private let connection: PostgresConnection
    private let process: Int32

    /// - Parameter limit: after which the server ends a command.
    /// - Throws: `PostgresError`, also where the login is not a member of the owner.
    package static func connect(url: String, limit: Duration) async throws -> TableOwner {
        let milliseconds = String(max(1, Int(limit / .milliseconds(1))))
        let settings = ["role": "sluice_owner", "search_path": "sluice, public", "statement_timeout": milliseconds]
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: url, applicationName: "sluice maintain", settings: settings))
        let process = try await connection.withSession { try $0.execute(.backendIdentity).int32(0, 0) }
        return TableOwner(url: url, connection: connection, process: process)
    }

    package func run(_ command: UpkeepCommand) async throws {
        try await connection.withSession { try $0.executeScript(command.command, named: "maintain \(command.name)") }
    }

    /// Ends what this session is at; `run` throws.
    package func cancel() async throws {
        // As the login itself: the owner may not end what its members do.
        let other = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice maintain"))
        _ = try await other.withSession { try $0.execute(.backendCancel, [.int4(process)]).bool(0, 0) }
        await other.close()
    }

    package func close() async { await connection.close() }
}

/// That nobody else is at maintenance: held by a session of its own, which is in no transaction.
package struct MaintenanceLock: Sendable {
    private let connection: PostgresConnection

    /// - Returns: nothing where somebody else is at it.
    package static func acquire(url: String) async throws -> MaintenanceLock? {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: url, applicationName: "sluice maintain", settings: ["role": IndexRole.admin.rawValue]))
        guard try await connection.withSession({ try $0.execute(.maintainLock).bool(0, 0) }) else {
            await connection.close()
            return nil
        }
        return MaintenanceLock(connection: connection)
    }

    package func release() async { await connection.close() }

    /// Released whatever becomes of the work.
    package func during<Result>(_ work: () async throws -> Result) async throws -> Result {
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        await release()
        return try result.get()
    }
}
