import Foundation
import Postgres

/// What Postgres itself can do: the rows of one tenant, taken out in the binary format of COPY and copied back in as another tenant's.
///
/// The files lie in the server's data folder and the server reads them itself, which spares this side the wire.
struct RawCopy {
    static let applicationName = "sluice bench copy"
    /// Every table that a document's write fills, in the order in which foreign keys allow.
    private static let tables = ["document", "rendition", "rendition_content", "chunk", "passage_terms", "vector_pack", "embedding_cache"]

    private let connection: PostgresConnection
    private let folder: String

    /// - Parameter databaseURL: of a superuser, on this machine.
    init(databaseURL: String) async throws {
        connection = try await PostgresConnection.connect(PostgresConfiguration(url: databaseURL, applicationName: Self.applicationName))
        folder = try await connection.withSession { try $0.execute(Self.dataFolder).string(0, 0) }
    }

    private static let dataFolder = Statement("data_folder", "select current_setting('data_directory')")
    private static let columns = Statement(
        "columns",
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = ('sluice.' || $1)::regclass and attnum > 0")
    private static let processIdentifier = Statement("process_identifier", "select pid from pg_stat_activity where application_name = $1")

    func checkpoint() async throws {
        try await connection.withSession { try $0.executeScript("checkpoint") }
    }

    /// Writes each table's rows of `tenant` to a file, in the order they were written in, under another tenant's number.
    func dump(tenant: Int32, as other: Int32) async throws {
        let folder = folder
        try await connection.withSession { session throws in
            for table in Self.tables {
                let columns = try session.execute(Self.columns, [.text(table)]).string(0, 0).replacing("tenant_id", with: "\(other)::int", maxReplacements: 1)
                let rows = "select \(columns) from sluice.\(table) where tenant_id = \(tenant) order by ctid"
                try session.executeScript("copy (\(rows)) to '\(folder)/\(table).copy' (format binary)")
            }
        }
    }

    /// One transaction, one COPY a table.
    func load() async throws -> [(table: String, duration: Duration)] {
        let folder = folder
        return try await connection.withTransaction { session throws in
            try Self.tables.map { table in
                let copy = "copy sluice.\(table) from '\(folder)/\(table).copy' (format binary)"
                return (table, try ContinuousClock().measure { try session.executeScript(copy) })
            }
        }
    }

    func rowCount(tenant: Int32) async throws -> Int {
        try await connection.withSession { session throws in
            try Self.tables.reduce(0) { sum, table in
                let count = Statement("count_\(table)", "select count(*) from sluice.\(table) where tenant_id = $1")
                return sum + Int(try session.execute(count, [.int4(tenant)]).int64(0, 0))
            }
        }
    }

    /// What the server's process of a connection has used of the processors, user and system; zero where it has no process yet.
    func processorTime(ofApplication name: String) async throws -> Duration {
        let pid = try await connection.withSession { session throws in
            let rows = try session.execute(Self.processIdentifier, [.text(name)])
            return rows.count == 1 ? try rows.int32(0, 0) : nil
        }
        guard let pid else { return .zero }
        let fields = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).split(separator: ") ").last?.split(separator: " ") ?? []
        // utime and stime, fields 14 and 15 of proc(5), counted from the third here; in hundredths of a second.
        return .milliseconds(fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +) * 10)
    }
}
