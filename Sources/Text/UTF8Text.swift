/// Questions asked of UTF-8 bytes in place, without making a `String`.
package enum UTF8Text {
    /// Whether these bytes are well-formed UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF).
    package static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }

    /// The number of bytes of the white-space scalar (Unicode `White_Space`) at `index`; 0 where there is none.
    @inline(__always)
    package static func whiteSpaceLength(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return isASCIIWhiteSpace(first) ? 1 : 0 }
        return first == 0xC2 || (first >= 0xE1 && first <= 0xE3) ? wideWhiteSpaceLength(in: bytes, at: index) : 0
    }

    /// Whether `byte` is a tab, line feed, vertical tab, form feed, carriage return or space.
    @inline(__always)
    package static func isASCIIWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }

    /// Whether a scalar begins at `index` (or the text ends there).
    @inline(__always)
    package static func isScalarBoundary(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        index >= bytes.count || bytes[index] & 0xC0 != 0x80
    }

    /// `range` without white space at either end; empty (at its lower bound) where nothing else is in it.
    package static func trimmed(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper {
            let length = whiteSpaceLength(in: bytes, at: lower)
            if length == 0 { break }
            lower += length
        }
        if lower >= upper { return range.lowerBound..<range.lowerBound }
        while upper > lower {
            var start = upper - 1
            while start > lower, bytes[start] & 0xC0 == 0x80 { start -= 1 }
            if whiteSpaceLength(in: bytes, at: start) == 0 { break }
            upper = start
        }
        return lower..<upper
    }

    /// The scalar that begins at `index`, and the number of its bytes.
    @inline(__always)
    package static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (value: UInt32, length: Int) {
        let first = UInt32(bytes[index])
        func continuation(_ offset: Int) -> UInt32 { UInt32(bytes[index + offset] & 0x3F) }
        if first < 0x80 { return (first, 1) }
        if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(1), 2) }
        if first < 0xF0 { return ((first & 0x0F) << 12 | continuation(1) << 6 | continuation(2), 3) }
        return ((first & 0x07) << 18 | continuation(1) << 12 | continuation(2) << 6 | continuation(3), 4)
    }

    private static func wideWhiteSpaceLength(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        guard index + 1 < bytes.count else { return 0 }
        let second = bytes[index + 1]
        if bytes[index] == 0xC2 { return second == 0x85 || second == 0xA0 ? 2 : 0 }
        guard index + 2 < bytes.count else { return 0 }
        switch (bytes[index], second, bytes[index + 2]) {
        case (0xE1, 0x9A, 0x80): return 3  // U+1680
        case (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF): return 3  // U+2000–200A, 2028, 2029, 202F
        case (0xE2, 0x81, 0x9F): return 3  // U+205F
        case (0xE3, 0x80, 0x80): return 3  // U+3000
        default: return 0
        }
    }

    /// The ranges between lines that hold nothing but white space, trimmed.
    package static func paragraphs(_ text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var paragraphs: [Range<Int>] = []
        var start = 0
        var line = 0
        func end(at position: Int) {
            let range = trimmed(start..<position, in: text)
            if !range.isEmpty { paragraphs.append(range) }
        }
        while line < text.count {
            let lineEnd = text[line...].firstIndex(of: 0x0A) ?? text.count
            if trimmed(line..<lineEnd, in: text).isEmpty {
                end(at: line)
                start = lineEnd
            }
            line = lineEnd + 1
        }
        end(at: text.count)
        return paragraphs
    }
}
