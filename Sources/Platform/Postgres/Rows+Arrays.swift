import CPostgres

/// Values of array and vector columns. Arrays have at most one dimension; the lower bound is not kept.
extension Rows {
    package func boolArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Bool] {
        try integers(row, column, Self.boolArrayTypes).map { $0 != 0 }
    }

    package func int16Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int16] {
        try integers(row, column, Self.int2ArrayTypes).map(Int16.init(truncatingIfNeeded:))
    }

    package func int32Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int32] {
        try integers(row, column, Self.int4ArrayTypes).map(Int32.init(truncatingIfNeeded:))
    }

    package func int64Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int64] {
        try integers(row, column, Self.int8ArrayTypes)
    }

    package func stringArray(_ row: Int, _ column: Int) throws(PostgresError) -> [String] {
        try withoutNulls(optionalStringArray(row, column))
    }

    package func optionalStringArray(_ row: Int, _ column: Int) throws(PostgresError) -> [String?] {
        try elements(row, column, Self.textArrayTypes) { String(decoding: $0, as: UTF8.self) }
    }

    package func bytesArray(_ row: Int, _ column: Int) throws(PostgresError) -> [[UInt8]] {
        try withoutNulls(optionalBytesArray(row, column))
    }

    package func optionalBytesArray(_ row: Int, _ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try elements(row, column, Self.byteaArrayTypes) { Array($0) }
    }

    package func floatArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Float] {
        try withoutNulls(elements(row, column, Self.float4ArrayTypes) { $0.count == 4 ? Float(bitPattern: $0.networkOrder(at: 0)) : nil })
    }

    /// Microseconds since 1970-01-01 00:00 UTC.
    package func optionalTimestampArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Int64?] {
        try elements(row, column, Self.timestampArrayTypes) { $0.count == 8 ? Timestamp.sinceEpoch($0.networkOrder(at: 0)) : nil }
    }

    /// A pgvector `halfvec`.
    package func halfvec(_ row: Int, _ column: Int) throws(PostgresError) -> [Float] {
        guard let type = halfvecType else { throw failure("the database had no pgvector extension when the session asked") }
        var components: [Float] = []
        try appendVector(field(row, column, type), to: &components)
        return components
    }

    /// Adds a pgvector `halfvec` to what is there; nothing of one that is NULL.
    /// - Returns: how many components it has.
    @discardableResult
    package func appendHalfvec(_ row: Int, _ column: Int, to components: inout [Float]) throws(PostgresError) -> Int {
        guard let type = halfvecType else { throw failure("the database had no pgvector extension when the session asked") }
        guard let field = try optionalField(row, column, [type]) else { return 0 }
        let count = components.count
        try appendVector(field, to: &components)
        return components.count - count
    }

    /// A pgvector `halfvec[]`, its vectors one after another: `[count][dimension]`.
    package func halfvecArray(_ row: Int, _ column: Int) throws(PostgresError) -> [Float] {
        guard let type = halfvecArrayType else { throw failure("the database had no pgvector extension when the session asked") }
        var components: [Float] = []
        try forEachElement(field(row, column, type)) { element throws(PostgresError) in
            guard let element else { throw failure("an element is null") }
            try appendVector(element, to: &components)
        }
        return components
    }

    private static let boolArrayTypes = [TypeOID.boolArray]
    private static let int2ArrayTypes = [TypeOID.int2Array]
    private static let int4ArrayTypes = [TypeOID.int4Array, TypeOID.int2Array]
    private static let int8ArrayTypes = [TypeOID.int8Array, TypeOID.int4Array, TypeOID.int2Array]
    private static let float4ArrayTypes = [TypeOID.float4Array]
    private static let timestampArrayTypes = [TypeOID.timestamptzArray]
    private static let byteaArrayTypes = [TypeOID.byteaArray]
    private static let textArrayTypes = [TypeOID.textArray, TypeOID.varcharArray, TypeOID.nameArray]

    private func integers(_ row: Int, _ column: Int, _ types: [Oid]) throws(PostgresError) -> [Int64] {
        try withoutNulls(elements(row, column, types) { $0.signedInteger })
    }

    private func withoutNulls<Element>(_ elements: [Element?]) throws(PostgresError) -> [Element] {
        let present = elements.compactMap(\.self)
        guard present.count == elements.count else { throw failure("an element is null") }
        return present
    }

    /// - Parameter read: `nil` where the bytes are no such value.
    private func elements<Element>(
        _ row: Int, _ column: Int, _ types: [Oid], _ read: (UnsafeRawBufferPointer) -> Element?
    ) throws(PostgresError) -> [Element?] {
        guard let field = try optionalField(row, column, types) else { throw failure("a value is null") }
        var elements: [Element?] = []
        try forEachElement(field) { bytes throws(PostgresError) in
            guard let bytes else { return elements.append(nil) }
            guard let element = read(bytes) else { throw failure("an element has another length") }
            elements.append(element)
        }
        return elements
    }

    /// Walks what `array_send` wrote; the counterpart of `ParameterEncoder.writeArray`.
    private func forEachElement(_ field: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) throws(PostgresError) -> Void) throws(PostgresError) {
        guard field.count >= 12 else { throw failure("an array ends early") }
        let dimensions: Int32 = field.networkOrder(at: 0)
        guard dimensions != 0 else { return }
        guard dimensions == 1, field.count >= 20 else { throw failure("an array has several dimensions") }
        let count: Int32 = field.networkOrder(at: 12)
        var offset = 20
        for _ in 0..<max(0, count) {
            guard field.count - offset >= 4 else { throw failure("an array ends early") }
            let length = Int(field.networkOrder(at: offset) as Int32)
            offset += 4
            guard length >= 0 else {
                try body(nil)
                continue
            }
            guard field.count - offset >= length else { throw failure("an array ends early") }
            try body(UnsafeRawBufferPointer(rebasing: field[offset..<offset + length]))
            offset += length
        }
    }

    private func appendVector(_ field: UnsafeRawBufferPointer, to components: inout [Float]) throws(PostgresError) {
        guard field.count >= 4 else { throw failure("a vector ends early") }
        let dimension = Int(field.networkOrder(at: 0) as Int16)
        guard dimension >= 0, field.count == 4 + 2 * dimension else { throw failure("a vector has another length") }
        components.reserveCapacity(components.count + dimension)
        for index in 0..<dimension {
            components.append(Float(Float16(bitPattern: field.networkOrder(at: 4 + 2 * index))))
        }
    }
}
