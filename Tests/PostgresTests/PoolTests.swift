import Postgres
import Synchronization
import Testing

@Suite(.needsDatabase) struct PoolTests {
    private let pid = Statement("pid", "select pg_backend_pid()")

    @Test func `no more connections open than the limit, and all who ask are served`() async throws {
        let pool = PostgresPool(try Database.configuration(), limit: 3)
        let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<40 {
                group.addTask { try await pool.withConnection { try await $0.withSession { try $0.execute(pid).int32(0, 0) } } }
            }
            return try await group.reduce(into: [Int32]()) { $0.append($1) }
        }
        #expect(pids.count == 40)
        #expect(Set(pids).count <= 3)
        await pool.close()
    }

    @Test func `a connection that was left in doubt is replaced`() async throws {
        let pool = PostgresPool(try Database.configuration(), limit: 1)
        let first = try await pool.withConnection { try await $0.withSession { try $0.execute(pid).int32(0, 0) } }
        await #expect(throws: PostgresError.self) {
            try await pool.withConnection { try await $0.withSession { try $0.executeScript("select pg_terminate_backend(pg_backend_pid()); select 1") } }
        }
        let second = try await pool.withConnection { try await $0.withSession { try $0.execute(pid).int32(0, 0) } }
        #expect(first != second)
        await pool.close()
    }

    @Test func `a failure to connect gives the place back`() async throws {
        let pool = PostgresPool(PostgresConfiguration(url: "postgresql://127.0.0.1:1/x", connectTimeout: .seconds(2)), limit: 1)
        for _ in 0..<3 {
            let error = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(error?.code == .connectionFailed)
        }
    }

    @Test func `whoever waits can be cancelled, and a closed pool refuses`() async throws {
        let pool = PostgresPool(try Database.configuration(), limit: 1)
        try await pool.withConnection { _ in
            let waiting = Task { try await pool.withConnection { _ in } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        await pool.close()
        let error = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
        #expect(error?.code == .poolClosed)
    }
}
