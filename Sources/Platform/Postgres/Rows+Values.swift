import CPostgres

/// Values of one column. Integers and floating-point numbers also read from narrower columns, text also from `varchar`, `name`, `json` and the like.
extension Rows {
    package func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try required(optionalBool(row, column))
    }

    package func optionalBool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
        try integer(row, column, Self.boolTypes).map { $0 != 0 }
    }

    package func int16(_ row: Int, _ column: Int) throws(PostgresError) -> Int16 {
        try required(optionalInt16(row, column))
    }

    package func optionalInt16(_ row: Int, _ column: Int) throws(PostgresError) -> Int16? {
        try integer(row, column, Self.int2Types).map(Int16.init(truncatingIfNeeded:))
    }

    package func int32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        try required(optionalInt32(row, column))
    }

    package func optionalInt32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32? {
        try integer(row, column, Self.int4Types).map(Int32.init(truncatingIfNeeded:))
    }

    package func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(optionalInt64(row, column))
    }

    package func optionalInt64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try integer(row, column, Self.int8Types)
    }

    package func float64(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
        try required(optionalFloat64(row, column))
    }

    package func optionalFloat64(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
        guard let field = try optionalField(row, column, Self.floatTypes) else { return nil }
        switch field.count {
        case 4: return Double(Float(bitPattern: field.networkOrder(at: 0)))
        case 8: return Double(bitPattern: field.networkOrder(at: 0))
        default: throw failure("a value has another length")
        }
    }

    package func string(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try required(optionalString(row, column))
    }

    package func optionalString(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try optionalField(row, column, Self.textTypes).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A `bytea`, the UTF-8 of a text, or the JSON text of a `jsonb`.
    package func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        try required(optionalBytes(row, column))
    }

    package func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
        guard let field = try optionalField(row, column, Self.byteTypes) else { return nil }
        guard try type(column) == TypeOID.jsonb else { return Array(field) }
        guard field.first == jsonbVersion else { throw failure("a jsonb has an unknown version") }
        return Array(field.dropFirst())
    }

    /// The bytes of a `bytea`, or the UTF-8 of a text, in place; do not let them escape `body`.
    package func withBytes<Result>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard let field = try optionalField(row, column, Self.contiguousTypes) else { throw failure("a value is null") }
        return try withExtendedLifetime(self) { try body(field) }
    }

    package func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> (high: UInt64, low: UInt64) {
        let field = try field(row, column, TypeOID.uuid)
        guard field.count == 16 else { throw failure("a value has another length") }
        return (field.networkOrder(at: 0), field.networkOrder(at: 8))
    }

    /// Microseconds since 1970-01-01 00:00 UTC; `infinity` is `Int64.max`, `-infinity` is `Int64.min`.
    package func timestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(optionalTimestamp(row, column))
    }

    package func optionalTimestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try integer(row, column, Self.timestampTypes).map(Timestamp.sinceEpoch)
    }

    // What each reader accepts: its own type first, then those that it widens or that are written alike.
    private static let boolTypes = [TypeOID.bool]
    private static let int2Types = [TypeOID.int2]
    private static let int4Types = [TypeOID.int4, TypeOID.int2]
    private static let int8Types = [TypeOID.int8, TypeOID.int4, TypeOID.int2]
    private static let floatTypes = [TypeOID.float8, TypeOID.float4]
    private static let timestampTypes = [TypeOID.timestamptz]
    private static let textTypes = [TypeOID.text, TypeOID.varchar, TypeOID.name, TypeOID.bpchar, TypeOID.json]
    private static let contiguousTypes = [TypeOID.bytea] + textTypes
    private static let byteTypes = [TypeOID.jsonb] + contiguousTypes

    private func integer(_ row: Int, _ column: Int, _ types: [Oid]) throws(PostgresError) -> Int64? {
        guard let field = try optionalField(row, column, types) else { return nil }
        guard let integer = field.signedInteger else { throw failure("a value has another length") }
        return integer
    }

    private func required<Value>(_ value: Value?) throws(PostgresError) -> Value {
        guard let value else { throw failure("a value is null") }
        return value
    }
}

extension UnsafeRawBufferPointer {
    /// The integer in network order at an offset the caller has checked.
    func networkOrder<Integer: FixedWidthInteger>(at offset: Int) -> Integer {
        Integer(bigEndian: loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// The whole as a signed integer; `nil` where no integer has this length.
    var signedInteger: Int64? {
        switch count {
        case 1: Int64(networkOrder(at: 0) as Int8)
        case 2: Int64(networkOrder(at: 0) as Int16)
        case 4: Int64(networkOrder(at: 0) as Int32)
        case 8: networkOrder(at: 0)
        default: nil
        }
    }
}
