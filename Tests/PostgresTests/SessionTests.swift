import Postgres
import Testing

@Suite(.needsDatabase) struct SessionTests {
    @Test func `settings hold for the session and errors tell no values`() async throws {
        let connection = try await Database.connect(["statement_timeout": "12345ms"])
        try await connection.withSession { session in
            #expect(
                try session.execute(Statement("shown", "select current_setting('statement_timeout'), current_setting('application_name')")).string(0, 0)
                    == "12345ms")
            try session.executeScript("create temporary table t (secret text constraint t_secret_known check (secret <> 'hunter2'))")
            let error = #expect(throws: PostgresError.self) { try session.execute(Statement("insert_t", "insert into t values ($1)"), [.text("hunter2")]) }
            #expect(error?.sqlState == "23514")
            #expect(error?.constraint == "t_secret_known")
            #expect(error?.description == "postgres: the server refused (SQLSTATE 23514), statement insert_t, constraint t_secret_known")
            let cast = #expect(throws: PostgresError.self) { try session.execute(Statement("cast", "select $1::text::int4"), [.text("hunter2")]) }
            #expect(cast?.sqlState == "22P02" && cast?.description.contains("hunter2") == false)
        }
    }

    @Test func `a statement is prepared once a session, or planned at each use`() async throws {
        try await Database.connect().withSession { session in
            let prepared = Statement("kept", "select $1 + 1")
            for number: Int64 in 0..<3 { #expect(try session.execute(prepared, [.int8(number)]).int64(0, 0) == number + 1) }
            _ = try session.execute(Statement("unkept", "select $1 + 1", planning: .perUse), [.int8(1)])
            #expect(try session.execute(Statement("list", "select name from pg_prepared_statements order by 1")).string(0, 0) == "kept")
            let error = #expect(throws: PostgresError.self) { try session.execute(prepared, [.int4(1)]) }
            #expect(error?.code == .encoding)
        }
    }

    @Test func `what a throwing transaction did is undone`() async throws {
        struct Stop: Error {}
        let connection = try await Database.connect()
        try await connection.withSession { try $0.executeScript("create temporary table t (n int8)") }
        let insert = Statement("insert", "insert into t values ($1)")
        await #expect(throws: Stop.self) {
            try await connection.withTransaction { session in
                try session.execute(insert, [.int8(1)])
                throw Stop()
            }
        }
        let affected = try await connection.withTransaction { session in try session.execute(insert, [.int8(2)]).affectedCount }
        #expect(affected == 1)
        let numbers = try await connection.withSession { try $0.execute(Statement("all", "select array_agg(n) from t")).int64Array(0, 0) }
        #expect(numbers == [2])
    }

    @Test func `a transaction that passed over a failure says it did not happen`() async throws {
        let connection = try await Database.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction { session in _ = try? session.execute(Statement("broken", "select 1 / 0")) }
        }
        #expect(error?.code == .transactionAborted)
        #expect(await connection.isUsable)
    }

    @Test func `a deferred constraint refuses at commit, in so many words`() async throws {
        let connection = try await Database.connect()
        try await connection.withSession { try $0.executeScript("create temporary table t (n int8 constraint t_once unique deferrable initially deferred)") }
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction { session in try session.execute(Statement("twice", "insert into t values (1), (1)")).affectedCount }
        }
        #expect(error?.sqlState == "23505" && error?.constraint == "t_once")
        #expect(await connection.isUsable)
    }

    @Test func `a commit whose acknowledgement is lost is unknown, and the session is discarded`() async throws {
        let connection = try await Database.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction { session in
                // A trigger that ends the session while it commits.
                try session.executeScript(
                    """
                    create temporary table t (n int8);
                    create function pg_temp.die() returns trigger language plpgsql as
                        $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return null; end $$;
                    create constraint trigger die after insert on t deferrable initially deferred for each row execute function pg_temp.die();
                    insert into t values (1)
                    """)
            }
        }
        #expect(error?.code == .commitUnknown)
        #expect(error?.isRetryable == true)
        #expect(await !connection.isUsable)
        let later = await #expect(throws: PostgresError.self) { try await connection.withSession { _ in } }
        #expect(later?.code == .connectionLost)
    }

    @Test func `a session that is cut off in a transaction wrote nothing and is discarded`() async throws {
        let victim = try await Database.connect()
        let other = try await Database.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await victim.withTransaction { session in
                let pid = try session.execute(Statement("pid", "select pg_backend_pid()")).int32(0, 0)
                try session.execute(Statement("kill", "select pg_terminate_backend($1)", planning: .perUse), [.int4(pid)])
                try session.execute(Statement("after", "select 1"))
            }
        }
        #expect(error?.isRetryable == true)
        #expect(await !victim.isUsable)
        #expect(await other.isUsable)
    }

    @Test func `what a body leaves open is rolled back`() async throws {
        let connection = try await Database.connect()
        try await connection.withSession { try $0.executeScript("begin; create temporary table left_open (n int)") }
        #expect(await connection.isUsable)
        let exists = try await connection.withSession { try $0.execute(Statement("exists", "select to_regclass('left_open') is not null")).bool(0, 0) }
        #expect(!exists)
    }

    @Test func `a read-only transaction refuses to write, and a snapshot holds`() async throws {
        let connection = try await Database.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { session in
                #expect(try session.execute(Statement("isolation", "select current_setting('transaction_isolation')")).string(0, 0) == "repeatable read")
                try session.execute(Statement("write", "create table should_not_be (n int)"))
            }
        }
        #expect(error?.sqlState == "25006")
    }

    @Test func `a timeout can be retried and leaves the session usable`() async throws {
        let connection = try await Database.connect(["statement_timeout": "20ms"])
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction { session in try session.execute(Statement("slow", "select pg_sleep(60)")).count }
        }
        #expect(error?.sqlState == "57014" && error?.isRetryable == true)
        #expect(await connection.isUsable)
    }

    @Test func `nothing of the URL is told where no session opens`() async throws {
        let configuration = PostgresConfiguration(url: "postgresql://alice:hunter2@127.0.0.1:1/secret", connectTimeout: .seconds(2))
        let error = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
        #expect(error?.description == "postgres: nothing listens at the address")
        #expect(error?.isRetryable == true)
        #expect(!"\(configuration)".contains("hunter2"))
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func `a thread can wait for a transaction on the connection's own`() async throws {
        let connection = try await Database.connect()
        let one = try connection.withTransactionBlocking { try $0.execute(Statement("one", "select 1::int8")).int64(0, 0) }
        #expect(one == 1)
    }
}
