import Postgres
import Testing

@Suite(.needsDatabase) struct ParameterTests {
    @Test func `every scalar comes back as it went`() async throws {
        try await Database.connect().withSession { session in
            let rows = try session.execute(
                Statement("scalars", "select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12", planning: .perUse),
                [
                    .bool(true), .int2(.min), .int4(.max), .int8(.min), .float4(1.5), .float8(-0.1), .text("Grüße"), .textBytes(Array("x".utf8)),
                    .bytea([0, 255, 7]), .uuid(high: 1, low: .max), .timestamptz(microseconds: -1), .jsonb(Array(#"{"a": [1]}"#.utf8)),
                ])
            #expect(rows.count == 1 && rows.columnCount == 12)
            #expect(try rows.bool(0, 0))
            #expect(try rows.int16(0, 1) == .min)
            #expect(try rows.int32(0, 2) == .max)
            #expect(try rows.int64(0, 3) == .min)
            #expect(try rows.float64(0, 4) == 1.5)
            #expect(try rows.float64(0, 5) == -0.1)
            #expect(try rows.string(0, 6) == "Grüße")
            #expect(try rows.string(0, 7) == "x")
            #expect(try rows.bytes(0, 8) == [0, 255, 7])
            #expect(try rows.uuid(0, 9) == (1, .max))
            #expect(try rows.timestamp(0, 10) == -1)
            #expect(try rows.bytes(0, 11) == Array(#"{"a": [1]}"#.utf8))
        }
    }

    @Test func `the server reads each value as what it means`() async throws {
        try await Database.connect().withSession { session in
            let rows = try session.execute(
                Statement(
                    "meanings", "select $1::text, $2::text, $3::text, $4::text, to_char($5 at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), $6::text",
                    planning: .perUse),
                [
                    .int8(-5), .float4(0.25), .int2Array([1, nil, -3]), .textArray(["a,b", nil, "", "NULL"]),
                    .timestamptz(microseconds: 1_772_355_600_000_001), .byteaArray([[1, 2], nil, []]),
                ])
            #expect(
                try (0..<6).map { try rows.string(0, $0) } == [
                    "-5", "0.25", "{1,NULL,-3}", #"{"a,b",NULL,"","NULL"}"#, "2026-03-01 09:00:00.000001", #"{"\\x0102",NULL,"\\x"}"#,
                ])
        }
    }

    @Test func `null is null under every type`() async throws {
        try await Database.connectWithVectors().withSession { session in
            for type in PostgresType.allCases {
                let rows = try session.execute(Statement("null_\(type)", "select $1 is null, $1"), [.null(type)])
                #expect(try rows.bool(0, 0))
                #expect(try rows.isNull(0, 1))
            }
            let rows = try session.execute(Statement("nulls", "select $1, $2, $3"), [.int8(nil), .text(nil), .timestamptz(microseconds: nil)])
            #expect(try rows.optionalInt64(0, 0) == nil)
            #expect(try rows.optionalString(0, 1) == nil)
            #expect(try rows.optionalTimestamp(0, 2) == nil)
        }
    }

    @Test func `every array comes back as it went`() async throws {
        try await Database.connect().withSession { session in
            let rows = try session.execute(
                Statement("arrays", "select $1, $2, $3, $4, $5, $6, $7, $8, $9::text[]"),
                [
                    .boolArray([true, false]), .int2Array([1, .min]), .int4Array([2, .max]), .int8Array((0..<5000).map(Int64.init)),
                    .textArray(["", nil, "ünïcode\u{1F600}"]), .byteaArray([[], nil, [0, 0]]), .timestamptzArray(microseconds: [0, nil, 5]),
                    .float4Array([0, -.pi]), .jsonbArray([Array(#"{"a": [1]}"#.utf8), nil]),
                ])
            #expect(try rows.boolArray(0, 0) == [true, false])
            #expect(try rows.int16Array(0, 1) == [1, .min])
            #expect(try rows.int32Array(0, 2) == [2, .max])
            #expect(try rows.int64Array(0, 3) == (0..<5000).map(Int64.init))
            #expect(try rows.optionalStringArray(0, 4) == ["", nil, "ünïcode\u{1F600}"])
            #expect(try rows.optionalBytesArray(0, 5) == [[], nil, [0, 0]])
            #expect(try rows.optionalTimestampArray(0, 6) == [0, nil, 5])
            #expect(try rows.floatArray(0, 7) == [0, -.pi])
            #expect(try rows.optionalStringArray(0, 8) == [#"{"a": [1]}"#, nil])
            #expect(try session.execute(Statement("empty", "select $1, cardinality($1)"), [.int8Array([])]).int64Array(0, 0).isEmpty)
        }
    }

    @Test func `vectors are rounded to halves and keep their order`() async throws {
        try await Database.connectWithVectors().withSession { session in
            let rows = try session.execute(
                Statement("vectors", "select $1, $2, $1::text, ($2)[2]::text, cardinality($2)"),
                [.halfvec([1, -0.5, 0.1]), .halfvecArray([1, 2, 3, 4, 5, 6], dimension: 2)])
            #expect(try rows.halfvec(0, 0) == [1, -0.5, Float(Float16(0.1))])
            #expect(try rows.halfvecArray(0, 1) == [1, 2, 3, 4, 5, 6])
            #expect(try rows.string(0, 2) == "[1,-0.5,0.099975586]")
            #expect(try rows.string(0, 3) == "[3,4]")
            #expect(try rows.int32(0, 4) == 3)
            let scattered = try session.execute(Statement("scattered", "select $1::text"), [.halfvecs([[9, 1, 2, 9][1..<3], nil, [3, 4]])])
            #expect(try scattered.string(0, 0) == #"{"[1,2]",NULL,"[3,4]"}"#)
            #expect(try session.execute(Statement("none", "select cardinality($1)"), [.halfvecs([])]).int32(0, 0) == 0)
            #expect(throws: PostgresError.self) { try session.execute(Statement("hollow", "select $1"), [.halfvecs([[]])]) }
            #expect(throws: PostgresError.self) { try session.execute(Statement("uneven", "select $1"), [.halfvecArray([1, 2, 3], dimension: 2)]) }
            #expect(throws: PostgresError.self) { try session.execute(Statement("nothing", "select $1"), [.halfvec([])]) }
        }
    }

    @Test(arguments: [
        "'; drop table x; --", "\\", "\"", "%s%n", "\u{202E}rtl", "\u{FEFF}", "𝔘𝔫𝔦", "\r\n\t", "{NULL}", "$1", "\u{7F}\u{80}\u{FFFD}", "👩‍👩‍👧‍👦",
        String(repeating: "x", count: 1 << 20),
    ]) func `hostile text is only text`(_ text: String) async throws {
        try await Database.connect().withSession { session in
            let rows = try session.execute(Statement("echo", "select $1, $2, $3"), [.text(text), .textArray([text, text]), .bytea(Array(text.utf8))])
            #expect(try Array(rows.string(0, 0).utf8) == Array(text.utf8))
            #expect(try rows.stringArray(0, 1) == [text, text])
            #expect(try rows.bytes(0, 2) == Array(text.utf8))
        }
    }

    @Test func `what Postgres refuses in text is the server's to refuse`() async throws {
        try await Database.connect().withSession { session in
            for bytes: [UInt8] in [[0x61, 0], [0xFF], [0xED, 0xA0, 0x80]] {
                let error = #expect(throws: PostgresError.self) { try session.execute(Statement("refuse", "select $1"), [.textBytes(bytes)]) }
                #expect(error?.sqlState == "22021")
                #expect(error?.isRetryable == false)
            }
            #expect(session.isUsable)
        }
    }

    @Test func `the wrong type, row, column or null is an error and no crash`() async throws {
        try await Database.connect().withSession { session in
            let rows = try session.execute(
                Statement("mixed", "select 1::int8, null::text, 'x'::text, array[[1,2],[3,4]]::int4[], array[null]::int8[], 1.5::numeric"))
            func refuses(_ body: () throws -> Void) {
                #expect((#expect(throws: PostgresError.self) { try body() })?.code == .decoding)
            }
            refuses { _ = try rows.int32(0, 0) }
            refuses { _ = try rows.string(0, 0) }
            refuses { _ = try rows.string(0, 1) }
            refuses { _ = try rows.int64(0, 2) }
            refuses { _ = try rows.int64(1, 0) }
            refuses { _ = try rows.int64(-1, 0) }
            refuses { _ = try rows.int64(0, 6) }
            refuses { _ = try rows.int32Array(0, 3) }
            refuses { _ = try rows.int64Array(0, 4) }
            refuses { _ = try rows.float64(0, 5) }
            refuses { _ = try rows.halfvec(0, 0) }
        }
    }
}
