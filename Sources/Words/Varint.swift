/// Unsigned numbers in groups of seven bits, lowest first.
extension [UInt8] {
    @inline(__always)
    mutating func appendVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Reads what was written here, by code that counted it: no checks.
struct TrustedReader {
    private(set) var cursor: UnsafePointer<UInt8>

    @inline(__always)
    init(_ cursor: UnsafePointer<UInt8>) {
        self.cursor = cursor
    }

    @inline(__always)
    mutating func varint() -> UInt32 {
        var byte = UInt32(cursor[0])
        cursor += 1
        if byte < 0x80 { return byte }
        var value = byte & 0x7F
        var shift: UInt32 = 7
        repeat {
            byte = UInt32(cursor[0])
            cursor += 1
            value |= (byte & 0x7F) << shift
            shift += 7
        } while byte >= 0x80
        return value
    }

    /// Passes over so many numbers.
    @inline(__always)
    mutating func skip(_ count: UInt32) {
        var left = count
        while left > 0 {
            if cursor[0] < 0x80 { left -= 1 }
            cursor += 1
        }
    }
}

/// Reads bytes that anybody may have written.
struct CheckedReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var left: Int { bytes.count - offset }

    @inline(__always)
    mutating func byte() throws(WordsError) -> UInt8 {
        guard offset < bytes.count else { throw WordsError.malformedTerms }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inline(__always)
    mutating func varint() throws(WordsError) -> UInt32 {
        var byte = try byte()
        if byte < 0x80 { return UInt32(byte) }
        var value = UInt32(byte & 0x7F)
        var shift: UInt32 = 7
        repeat {
            byte = try self.byte()
            guard shift < 28 || byte < 16 else { throw WordsError.malformedTerms }
            value |= UInt32(byte & 0x7F) << shift
            shift += 7
        } while byte >= 0x80
        return value
    }

    /// A number of things that take at least a byte each.
    mutating func count() throws(WordsError) -> Int {
        let count = Int(try varint())
        guard count <= left else { throw WordsError.malformedTerms }
        return count
    }

    @inline(__always)
    mutating func take(_ count: Int) throws(WordsError) -> UnsafeRawBufferPointer {
        guard count <= left else { throw WordsError.malformedTerms }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
}
