import Digest
import Postgres

/// One numbered step of the schema.
package struct SchemaStep: Sendable {
    package let number: Int32
    package let name: String
    package let sql: [UInt8]

    package init(number: Int32, name: String, sql: [UInt8]) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// Brings a database's schema up to date: each step in a transaction of its own, one migrator at a time, each step's digest kept, so that a
/// migration that was changed after it ran is noticed.
package struct Migrator: Sendable {
    private let steps: [SchemaStep]

    package init(steps: [SchemaStep]) {
        self.steps = steps
    }

    /// - Returns: the names of the steps that were applied now.
    /// - Throws: `IndexError.migration` where the database has steps this program does not know, or other ones under the same number.
    package func run(on connection: PostgresConnection) async throws -> [String] {
        var applied: [String] = []
        for step in steps {
            if try await connection.withTransaction({ try apply(step, $0) }) { applied.append(step.name) }
        }
        try await connection.withTransaction { session in
            let known = Set(steps.map(\.number))
            for row in try Self.recorded(session) where !known.contains(row.number) {
                throw IndexError.migration("the database is newer than this program: it has step \(row.number)")
            }
        }
        return applied
    }

    /// The steps a database still lacks.
    package func pending(on connection: PostgresConnection) async throws -> [String] {
        try await connection.withTransaction { session in
            let recorded = Set(try Self.recorded(session).map(\.number))
            return steps.filter { !recorded.contains($0.number) }.map(\.name)
        }
    }

    private func apply(_ step: SchemaStep, _ session: Session) throws -> Bool {
        _ = try session.execute(.schemaMigrationPrepare)
        let digest = SHA256.hash(step.sql)
        if let recorded = try Self.recorded(session).first(where: { $0.number == step.number }) {
            guard recorded.digest == digest else {
                throw IndexError.migration("step \(step.number) is not the one that was applied; migrations are never changed, only added")
            }
            return false
        }
        try session.executeScript(String(decoding: step.sql, as: UTF8.self), named: step.name)
        _ = try session.execute(.schemaMigrationInsert, [.int4(step.number), .text(step.name), .bytea(digest)])
        return true
    }

    private static func recorded(_ session: Session) throws -> [(number: Int32, digest: [UInt8])] {
        guard try session.execute(.schemaMigrationExists).bool(0, 0) else { return [] }
        let rows = try session.execute(.schemaMigrationList)
        return try (0..<rows.count).map { (try rows.int32($0, 0), try rows.bytes($0, 2)) }
    }
}
