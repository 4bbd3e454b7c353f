extension JSON {
    /// Arrays and objects inside each other. Nothing in the contract nests deeper than seven; 64 leaves room
    /// for metadata and keeps the recursion far from the smallest thread's stack.
    package static let maximumDepth = 64

    /// What a lenient reading found: the value, and flaws that leave the rest of it readable.
    package struct Examined: Sendable {
        package let value: JSON
        /// Some object, at any depth, names a member twice.
        package let hasDuplicateMember: Bool
        /// Some string or name, at any depth, is not text.
        package let hasInvalidText: Bool
    }

    /// Reads a whole JSON text strictly.
    ///
    /// - Throws: every case of ``JSONError``; grammar before duplicates before text.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        let examined = try examine(bytes)
        guard !examined.hasDuplicateMember else { throw .duplicateMember }
        guard !examined.hasInvalidText else { throw .invalidText }
        return examined.value
    }

    /// Reads a whole JSON text, going on past duplicate members and strings that are not text.
    ///
    /// - Throws: `.malformed`, `.tooDeep` only.
    package static func examine(_ bytes: [UInt8]) throws(JSONError) -> Examined {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.whole()
        return Examined(value: value, hasDuplicateMember: parser.hasDuplicateMember, hasInvalidText: parser.hasInvalidText)
    }
}

/// Recursive descent over UTF-8 bytes; strings without escapes are found eight bytes at a time and copied once.
struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0
    private(set) var hasDuplicateMember = false
    private(set) var hasInvalidText = false

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func whole() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw .malformed }
        return value
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        skipSpace()
        guard index < bytes.count else { throw .malformed }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return try string().map(JSON.string) ?? .unreadableString
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        guard depth <= JSON.maximumDepth else { throw .tooDeep }
        index += 1
        var object = JSONObject(members: [])
        if skip(UInt8(ascii: "}")) { return .object(object) }
        repeat {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw .malformed }
            let name = try string()
            guard skip(UInt8(ascii: ":")) else { throw .malformed }
            let value = try value(depth: depth)
            if let name {
                object.members.append(.init(name: name, value: value))
            } else {
                object.hasUnreadableName = true
            }
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw .malformed }
        if object.namesTwice { hasDuplicateMember = true }
        return .object(object)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        guard depth <= JSON.maximumDepth else { throw .tooDeep }
        index += 1
        var elements: [JSON] = []
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw .malformed }
        return .array(elements)
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[index..<end].hasSameBytes(as: word) else { throw .malformed }
        index = end
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = index
        if peek == UInt8(ascii: "-") { index += 1 }
        if peek == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if peek == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        return .number(JSONNumber(text: String(decoding: bytes[start..<index], as: UTF8.self)))
    }

    private mutating func digits() throws(JSONError) {
        let start = index
        while let byte = peek, byte.isASCIIDigit { index += 1 }
        guard index > start else { throw .malformed }
    }

    // MARK: - Strings

    /// The string at the opening quote; nothing where it is not text.
    private mutating func string() throws(JSONError) -> String? {
        index += 1
        let start = index
        index = bytes.endOfPlainRun(from: index)
        if peek == UInt8(ascii: "\"") {
            defer { index += 1 }
            return text(bytes[start..<index])
        }
        return try escapedString(from: start)
    }

    /// A string that has an escape: runs between escapes are copied whole.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String? {
        var unescaped = Array(bytes[start..<index])
        var isText = true
        while let byte = peek, byte == UInt8(ascii: "\\") {
            index += 1
            if let scalar = try escape() {
                unescaped.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
            } else {
                isText = false
            }
            let run = index
            index = bytes.endOfPlainRun(from: index)
            unescaped.append(contentsOf: bytes[run..<index])
        }
        guard peek == UInt8(ascii: "\"") else { throw .malformed }
        index += 1
        guard isText else {
            hasInvalidText = true
            return nil
        }
        return text(unescaped[...])
    }

    /// What follows a backslash; nothing for U+0000 and lone surrogates.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar? {
        guard let byte = peek else { throw .malformed }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw .malformed
        }
        let unit = try fourHexDigits()
        guard unit & 0xFC00 == 0xD800 else { return unit == 0 ? nil : Unicode.Scalar(unit) }
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else { return nil }
        let restart = index
        index += 2
        let low = try fourHexDigits()
        guard low & 0xFC00 == 0xDC00 else {
            index = restart  // the high one was alone; what follows stands for itself
            return nil
        }
        return Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF))
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw .malformed }
        var unit: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = byte.hexDigitValue else { throw .malformed }
            unit = unit << 4 | UInt32(digit)
        }
        index += 4
        return unit
    }

    private mutating func text(_ utf8: ArraySlice<UInt8>) -> String? {
        let text = String(validating: utf8, as: UTF8.self)
        if text == nil { hasInvalidText = true }
        return text
    }

    // MARK: - Bytes

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// Skips space, and this byte where it comes next.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        index += 1
        return true
    }
}

extension [UInt8] {
    /// Where a JSON string's plain run ends: the next quote, backslash or control character, or the end.
    ///
    /// Eight bytes at a time in one word; measured here, Swift's SIMD types took a hundred times as long.
    fileprivate func endOfPlainRun(from start: Int) -> Int {
        withUnsafeBytes { bytes in
            var index = start
            while index + 8 <= bytes.count, !bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).hasStop { index += 8 }
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
                index += 1
            }
            return index
        }
    }
}

extension UInt64 {
    /// Whether some byte is a quote, a backslash or a control character: subtracting borrows into a byte's high bit only where it was below.
    fileprivate var hasStop: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = self ^ (ones &* 0x22)
        let backslashes = self ^ (ones &* 0x5C)
        let below = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (self &- ones &* 0x20) & ~self
        return below & (ones &* 0x80) != 0
    }
}
