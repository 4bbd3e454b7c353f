import Administration
import Index
import Migrations
import Postgres
import Testing

@Suite(.needsDatabase) struct MigratorTests {
    @Test func `running again changes nothing`() async throws {
        try await TestDatabase.with(migrated: false) { database async throws in
            #expect(try await SchemaAdministration.pending(databaseURL: database.url) == Migrations.all.map(\.name))
            #expect(try await SchemaAdministration.migrate(databaseURL: database.url) == Migrations.all.map(\.name))
            #expect(try await SchemaAdministration.migrate(databaseURL: database.url) == [])
            #expect(try await SchemaAdministration.pending(databaseURL: database.url) == [])
        }
    }

    @Test func `a step that was changed after it ran is refused`() async throws {
        try await TestDatabase.with(migrated: false) { database async throws in
            let connection = try await database.connect()
            _ = try await Migrator(steps: Self.steps(1)).run(on: connection)
            var changed = Self.steps(1)
            changed[changed.count - 1] = SchemaStep(
                number: Self.next, name: Self.steps(1).last?.name ?? "", sql: Array("create table sluice.other (n int)".utf8))
            let error = await #expect(throws: IndexError.self) { try await Migrator(steps: changed).run(on: connection) }
            #expect(error == .migration("step \(Self.next) is not the one that was applied; migrations are never changed, only added"))
            await connection.close()
        }
    }

    @Test func `a database newer than the program is refused`() async throws {
        try await TestDatabase.with(migrated: false) { database async throws in
            let connection = try await database.connect()
            _ = try await Migrator(steps: Self.steps(2)).run(on: connection)
            let error = await #expect(throws: IndexError.self) { try await Migrator(steps: Self.steps(1)).run(on: connection) }
            #expect(error == .migration("the database is newer than this program: it has step \(Self.next + 1)"))
            await connection.close()
        }
    }

    @Test func `a step that fails leaves nothing behind`() async throws {
        try await TestDatabase.with(migrated: false) { database async throws in
            let connection = try await database.connect()
            let broken = Self.steps(0) + [SchemaStep(number: Self.next, name: "broken", sql: Array("create table sluice.half (n int); select 1 / 0".utf8))]
            await #expect(throws: PostgresError.self) { try await Migrator(steps: broken).run(on: connection) }
            let left = try await connection.withSession { try $0.strings("select relname::text from pg_class where relname = 'half'") }
            #expect(left == [])
            #expect(try await Migrator(steps: broken).pending(on: connection) == ["broken"])
            await connection.close()
        }
    }

    /// After the schema's own steps.
    private static let next = (Migrations.all.last?.number ?? 0) + 1

    /// The schema's own steps and some more.
    private static func steps(_ more: Int32) -> [SchemaStep] {
        MigrationSteps.all
            + (0..<more).map { index in
                let number = next + index
                return SchemaStep(number: number, name: "000\(number)_more", sql: Array("create table sluice.more\(number) (n int)".utf8))
            }
    }
}
