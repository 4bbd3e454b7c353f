/// How an event becomes a line of JSON. Pure.
enum LogLine {
    static func encode(
        _ level: LogLevel, _ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue>, seconds: Int64, nanoseconds: Int64
    ) -> [UInt8] {
        var line: [UInt8] = []
        // Most lines fit, so most lines allocate once.
        line.reserveCapacity(512)
        line.append(#"{"time":""#)
        Timestamp.append(seconds: seconds, nanoseconds: nanoseconds, to: &line)
        line.append(#"","level":""#)
        line.append(contentsOf: level.rawValue.utf8)
        line.append(#"","message":""#)
        message.withUTF8Buffer { appendEscaped($0, to: &line) }
        line.append(quote)
        for (key, value) in fields {
            line.append(#",""#)
            line.append(contentsOf: key.rawValue.utf8)
            line.append(#"":"#)
            append(value, to: &line)
        }
        line.append("}\n")
        return line
    }

    private static func append(_ value: LogValue, to line: inout [UInt8]) {
        switch value {
        case .int(let number): line.append(contentsOf: String(number).utf8)
        case .double(let number): line.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
        case .bool(let flag): line.append(flag ? "true" : "false")
        case .string(let text):
            line.append(quote)
            let whole = text.utf8.count <= Log.valueByteLimit
            appendEscaped(whole ? text.utf8[...] : prefix(of: text), to: &line)
            if !whole { line.append("…") }
            line.append(quote)
        }
    }

    /// What fits the limit, ending between two scalars.
    private static func prefix(of text: String) -> Substring.UTF8View {
        let bytes = text.utf8
        var end = bytes.index(bytes.startIndex, offsetBy: Log.valueByteLimit)
        // A continuation byte is 10xxxxxx.
        while bytes[end] & 0b1100_0000 == 0b1000_0000 { end = bytes.index(before: end) }
        return bytes[..<end]
    }

    /// RFC 8259, section 7: the quote, the backslash and control characters; and DEL, which some terminals act upon.
    private static func appendEscaped(_ bytes: some Sequence<UInt8>, to line: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case quote: line.append(#"\""#)
            case UInt8(ascii: "\\"): line.append(#"\\"#)
            case UInt8(ascii: "\n"): line.append(#"\n"#)
            case UInt8(ascii: "\r"): line.append(#"\r"#)
            case UInt8(ascii: "\t"): line.append(#"\t"#)
            case 0..<0x20, 0x7F:
                line.append(#"\u00"#)
                line.append(hexadecimal(byte >> 4))
                line.append(hexadecimal(byte & 15))
            default: line.append(byte)
            }
        }
    }

    private static let quote = UInt8(ascii: "\"")

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}
