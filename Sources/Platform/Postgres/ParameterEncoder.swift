import CPostgres

/// Writes a statement's parameters as the server's binary `recv` functions read them, all into one buffer.
final class ParameterEncoder {
    private(set) var types: [Oid] = []
    private var buffer = WireBuffer()
    /// Where each value begins; `nil` is NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var values: [UnsafePointer<CChar>?] = []

    /// One statement's values: parallel arrays as libpq takes them. Valid inside `withValues` only.
    struct Values {
        let count: Int32
        let types: UnsafePointer<Oid>?
        let values: UnsafePointer<UnsafePointer<CChar>?>?
        let lengths: UnsafePointer<Int32>?
        let formats: UnsafePointer<Int32>?
    }

    /// Replaces what was encoded before.
    ///
    /// - Parameter typeIdentifiers: each parameter's type, as the session resolved it.
    func encode(_ parameters: [Parameter], halfvecType: Oid, typeIdentifiers: [Oid]) throws(PostgresError) {
        types = typeIdentifiers
        buffer.removeAll()
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        for parameter in parameters {
            let start = buffer.count
            let isNull = try !write(parameter, halfvecType: halfvecType)
            // The protocol counts a message's bytes in 32 bits, and the server refuses fields of a gigabyte.
            guard buffer.count < 1 << 30 else { throw PostgresError(.encoding, "the parameters exceed a gigabyte") }
            offsets.append(isNull ? nil : start)
            lengths.append(Int32(buffer.count - start))
        }
    }

    /// Lends the encoded values to libpq.
    func withValues<Result>(_ body: (Values) throws(PostgresError) -> Result) throws(PostgresError) -> Result {
        let start = buffer.start
        values = offsets.map { offset in offset.map { (start + $0).assumingMemoryBound(to: CChar.self) } }
        while formats.count < offsets.count { formats.append(1) }
        return try types.withUnsafeBufferPointer { types throws(PostgresError) in
            try values.withUnsafeBufferPointer { values throws(PostgresError) in
                try lengths.withUnsafeBufferPointer { lengths throws(PostgresError) in
                    try formats.withUnsafeBufferPointer { formats throws(PostgresError) in
                        try body(
                            Values(
                                count: Int32(values.count), types: types.baseAddress, values: values.baseAddress,
                                lengths: lengths.baseAddress, formats: formats.baseAddress))
                    }
                }
            }
        }
    }

    /// Writes one value; returns `false` for NULL, having written nothing.
    private func write(_ parameter: Parameter, halfvecType: Oid) throws(PostgresError) -> Bool {
        switch parameter {
        case .null: return false
        case .bool(let value): return write(value) { $0.append(UInt8($1 ? 1 : 0)) }
        case .int2(let value): return write(value) { $0.append($1) }
        case .int4(let value): return write(value) { $0.append($1) }
        case .int8(let value): return write(value) { $0.append($1) }
        case .float4(let value): return write(value) { $0.append($1.bitPattern) }
        case .float8(let value): return write(value) { $0.append($1.bitPattern) }
        case .text(let value): return write(value) { $0.append($1) }
        case .textBytes(let value), .bytea(let value): return write(value) { $0.append($1) }
        case .timestamptz(let value): return write(try value.map(Timestamp.sinceMillennium)) { $0.append($1) }
        case .jsonb(let value): return write(value) { $0.appendJSON($1) }
        case .uuid(let high, let low):
            buffer.append(high)
            buffer.append(low)
        case .boolArray(let values): writeArray(values, of: .bool) { $0.append(UInt8($1 ? 1 : 0)) }
        case .int2Array(let values): writeArray(values, of: .int2) { $0.append($1) }
        case .int4Array(let values): writeArray(values, of: .int4) { $0.append($1) }
        case .int8Array(let values): writeArray(values, of: .int8) { $0.append($1) }
        case .float4Array(let values): writeDenseArray(values, of: .float4) { $0.append($1.bitPattern) }
        case .float8Array(let values): writeDenseArray(values, of: .float8) { $0.append($1.bitPattern) }
        case .textArray(let values): writeArray(values, of: .text) { $0.append($1) }
        case .byteaArray(let values): writeArray(values, of: .bytea) { $0.append($1) }
        case .jsonbArray(let values): writeArray(values, of: .jsonb) { $0.appendJSON($1) }
        case .timestamptzArray(let values):
            var shifted: [Int64?] = []
            shifted.reserveCapacity(values.count)
            for value in values { shifted.append(try value.map(Timestamp.sinceMillennium)) }
            writeArray(shifted, of: .timestamptz) { $0.append($1) }
        case .halfvec(let vector):
            try writeVector(vector[...])
        case .halfvecArray(let components, let dimension):
            try writeVectors(components, dimension: dimension, type: halfvecType)
        case .halfvecs(let vectors):
            try writeVectors(vectors, type: halfvecType)
        }
        return true
    }

    private func write<Value>(_ value: Value?, _ body: (inout WireBuffer, Value) -> Void) -> Bool {
        guard let value else { return false }
        body(&buffer, value)
        return true
    }

    private func writeDenseArray<Element>(_ elements: [Element], of type: PostgresType, _ body: (inout WireBuffer, Element) -> Void) {
        writeArray(elements.map(Optional.some), of: type, body)
    }

    /// `array_recv`: dimensions, whether nulls occur, the element type, then per dimension its size and lower bound, then each element after its length.
    private func writeArray<Element>(_ elements: [Element?], of type: PostgresType, _ body: (inout WireBuffer, Element) -> Void) {
        writeArrayHeader(count: elements.count, hasNulls: elements.contains { $0 == nil }, type: type.builtinOID ?? 0)
        for element in elements {
            guard let element else {
                buffer.append(Int32(-1))
                continue
            }
            let lengthOffset = buffer.count
            buffer.append(Int32(0))
            body(&buffer, element)
            buffer.overwrite(at: lengthOffset, Int32(truncatingIfNeeded: buffer.count - lengthOffset - 4))
        }
    }

    private func writeArrayHeader(count: Int, hasNulls: Bool, type: Oid) {
        buffer.append(Int32(count == 0 ? 0 : 1))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(type)
        guard count > 0 else { return }
        buffer.append(Int32(count))
        buffer.append(Int32(1))
    }

    private func writeVectors(_ components: [Float], dimension: Int, type: Oid) throws(PostgresError) {
        guard dimension > 0, components.count.isMultiple(of: dimension) else {
            throw PostgresError(.encoding, "the components are no whole number of vectors")
        }
        writeArrayHeader(count: components.count / dimension, hasNulls: false, type: type)
        for start in stride(from: 0, to: components.count, by: dimension) {
            buffer.append(Int32(4 + 2 * dimension))
            try writeVector(components[start..<start + dimension])
        }
    }

    private func writeVectors(_ vectors: [ArraySlice<Float>?], type: Oid) throws(PostgresError) {
        writeArrayHeader(count: vectors.count, hasNulls: vectors.contains { $0 == nil }, type: type)
        for vector in vectors {
            buffer.append(vector.map { Int32(4 + 2 * $0.count) } ?? -1)
            if let vector { try writeVector(vector) }
        }
    }

    /// pgvector's `halfvec_recv`: the dimension, an unused field, the components.
    private func writeVector(_ components: ArraySlice<Float>) throws(PostgresError) {
        guard let dimension = Int16(exactly: components.count), dimension > 0 else {
            throw PostgresError(.encoding, "a vector has no dimension pgvector can hold")
        }
        buffer.append(dimension)
        buffer.append(Int16(0))
        let target = buffer.extend(by: 2 * components.count)
        components.withUnsafeBufferPointer { components in
            for index in components.indices {
                target.storeBytes(of: Float16(components[index]).bitPattern.bigEndian, toByteOffset: 2 * index, as: UInt16.self)
            }
        }
    }
}

extension WireBuffer {
    fileprivate mutating func appendJSON(_ text: [UInt8]) {
        append(jsonbVersion)
        append(text)
    }
}

/// The only version of the binary format of jsonb there is.
let jsonbVersion: UInt8 = 1

/// Times on the wire are microseconds since 2000-01-01 00:00 UTC.
enum Timestamp {
    private static let millennium: Int64 = 946_684_800_000_000

    static func sinceMillennium(_ microseconds: Int64) throws(PostgresError) -> Int64 {
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(millennium)
        guard !overflow else { throw PostgresError(.encoding, "a time is out of range") }
        return shifted
    }

    /// Saturating: the server's `infinity` is the largest number there is.
    static func sinceEpoch(_ wire: Int64) -> Int64 {
        let (shifted, overflow) = wire.addingReportingOverflow(millennium)
        return overflow || wire == .max ? .max : wire == .min ? .min : shifted
    }
}
