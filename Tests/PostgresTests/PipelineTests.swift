import Postgres
import Testing

@Suite(.needsDatabase) struct PipelineTests {
    @Test func `a pipeline returns the rows of each statement in order`() async throws {
        let connection = try await Database.connectWithVectors()
        for _ in 0..<2 {
            try await connection.withTransaction { session in
                let add = Statement("add", "select $1 + $2")
                let results = try session.pipeline([
                    (add, [.int8(1), .int8(2)]),
                    (Statement("length", "select length($1)", planning: .perUse), [.text("four")]),
                    (add, [.int8(3), .int8(4)]),
                    (Statement("vectors_of", "select cardinality($1)"), [.halfvecArray([1, 2], dimension: 1)]),
                ])
                #expect(try results[0].int64(0, 0) == 3)
                #expect(try results[1].int32(0, 0) == 4)
                #expect(try results[2].int64(0, 0) == 7)
                #expect(try results[3].int32(0, 0) == 2)
            }
        }
    }

    @Test func `the first failure is thrown and the session goes on`() async throws {
        let connection = try await Database.connect()
        let one = Statement("one", "select 1::int8")
        let error = await #expect(throws: PostgresError.self) {
            try await connection.withTransaction { session in
                try session.pipeline([(one, []), (Statement("divide", "select 1 / $1"), [.int4(0)]), (Statement("after", "select 2::int8"), [])]).count
            }
        }
        #expect(error?.sqlState == "22012" && error?.statement == "divide")
        let after = try await connection.withTransaction { session in
            try session.pipeline([(one, []), (Statement("after", "select 2::int8"), [])]).map { try $0.int64(0, 0) }
        }
        #expect(after == [1, 2])
    }

    @Test func `neither side waits for the other when both send much`() async throws {
        let connection = try await Database.connect()
        let text = String(repeating: "x", count: 1 << 20)
        let total = try await connection.withTransaction { session in
            let statement = Statement("echo", "select $1")
            return try session.pipeline(Array(repeating: (statement, [.text(text)]), count: 24)).reduce(0) { try $0 + $1.string(0, 0).utf8.count }
        }
        #expect(total == 24 << 20)
    }
}
