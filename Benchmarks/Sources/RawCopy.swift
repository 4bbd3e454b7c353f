import Foundation
import Postgres

/// What Postgres itself can do: the rows of one tenant, taken out in the binary format of COPY and copied back in as another tenant's.
///
/// The files lie in the server's data folder and the server reads them itself, which spares this side the wire.
struct RawCopy {
    private let connection: PostgresConnection

    /// Every table that a document's write fills, in the order in which foreign keys allow.
    private static let tables = ["document", "rendition", "rendition_content", "chunk", "chunk_terms", "vector_pack", "embedding_cache"]

    /// - Parameter connection: of a superuser.
    init(connection: PostgresConnection) {
        self.connection = connection
    }

    func checkpoint() async throws {
        try await connection.withSession { try $0.executeScript("checkpoint") }
    }

    /// Writes each table's rows of `tenant` to a file, in the order they were written in, under another tenant's number.
    func dump(tenant: Int32, as other: Int32, turn: String) async throws {
        try await connection.withSession { session throws in
            for table in Self.tables {
                let columns = try session.execute(
                    Statement(
                        "columns",
                        """
                        select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
                        where attrelid = ('sluice.' || $1)::regclass and attnum > 0 and not attisdropped and attgenerated = ''
                        """), [.text(table)]
                ).string(0, 0)
                let renamed = columns.replacing("tenant_id", with: "\(other)::int", maxReplacements: 1)
                try session.executeScript(
                    "copy (select \(renamed) from sluice.\(table) where tenant_id = \(tenant) order by ctid) to '\(Self.folder(session))/\(table).copy' (format binary)"
                )
            }
        }
    }

    /// One transaction, one COPY a table.
    func load() async throws -> [(table: String, duration: Duration)] {
        try await connection.withTransaction { session throws in
            try Self.tables.map { table in
                (
                    table,
                    try ContinuousClock().measure {
                        try session.executeScript("copy sluice.\(table) from '\(Self.folder(session))/\(table).copy' (format binary)")
                    }
                )
            }
        }
    }

    func rowCounts(tenants: [Int32]) async throws -> [Int] {
        try await connection.withSession { session throws in
            try tenants.map { tenant in
                try Self.tables.reduce(0) { sum, table in
                    sum
                        + Int(
                            try session.execute(Statement("count_\(table)", "select count(*) from sluice.\(table) where tenant_id = $1"), [.int4(tenant)])
                                .int64(0, 0))
                }
            }
        }
    }

    /// What the server's process of a connection has used of the processors, user and system; tells more than the clock where others use them too.
    ///
    /// The server runs on this machine: `/proc` tells.
    func processorTime(ofApplication name: String) async throws -> Duration {
        let pid = try await connection.withSession { session throws in
            try session.execute(Statement("pid", "select pid from pg_stat_activity where application_name = $1"), [.text(name)]).int32(0, 0)
        }
        let fields = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).split(separator: ") ").last?.split(separator: " ") ?? []
        // In hundredths of a second: fields 14 and 15 of proc(5), counted from the third here.
        return .milliseconds(fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +) * 10)
    }

    private static func folder(_ session: Session) throws -> String {
        try session.execute(Statement("data_directory", "select current_setting('data_directory')")).string(0, 0)
    }
}
