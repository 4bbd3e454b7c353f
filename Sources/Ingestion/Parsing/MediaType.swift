/// A media type (RFC 6838) with its parameters, in lower case but for quoted parameter values.
package struct MediaType: Sendable, Equatable, CustomStringConvertible {
    /// `text/html`.
    package let essence: String

    package let parameters: [String: String]

    package init(_ essence: String, parameters: [String: String] = [:]) {
        self.essence = essence
        self.parameters = parameters
    }

    package static let plainText = MediaType("text/plain")
    package static let html = MediaType("text/html")
    package static let xml = MediaType("application/xml")
    package static let markdown = MediaType("text/markdown")

    package var description: String { essence }

    /// Reads `type/subtype; name=value; name="value"`. Nil where there is no type and subtype of token characters.
    package static func parse(_ text: String) -> MediaType? {
        let parts = splitOutsideQuotes(text)
        let essence = parts[0].lowercased()
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isTokenByte) }), essence.utf8.count <= 127 else { return nil }
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = trimmed(part[..<equals]).lowercased()
            var value = trimmed(part[part.index(after: equals)...])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = String(value.dropFirst().dropLast()) }
            if !name.isEmpty, parameters[name] == nil { parameters[name] = value }
        }
        return MediaType(essence, parameters: parameters)
    }

    /// What bytes without a media type are: HTML or XML where they say so in their first bytes, else plain text.
    ///
    /// Markdown is never guessed: plain text reads the same either way, and its spans stay those of the content.
    package static func detect(_ bytes: UnsafeBufferPointer<UInt8>) -> MediaType {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < min(bytes.count, sniffedBytes), isSpace(bytes[start]) { start += 1 }
        let head = UnsafeBufferPointer(rebasing: bytes[start..<min(bytes.count, start + 16)])
        if begins(head, with: "<!doctype html") || beginsTag(head, "<html") { return .html }
        if begins(head, with: "<?xml"), head.count > 5, isSpace(head[5]) { return .xml }
        return .plainText
    }

    /// White space before the first tag that detection looks past; a page has a few bytes of it.
    private static let sniffedBytes = 1_024

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { prefix in
            (0..<prefix.count).allSatisfy { lowercased(bytes[$0]) == prefix[$0] }
        }
    }

    private static func beginsTag(_ bytes: UnsafeBufferPointer<UInt8>, _ prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return begins(bytes, with: prefix) && bytes.count > length && (isSpace(bytes[length]) || bytes[length] == UInt8(ascii: ">"))
    }

    private static func splitOutsideQuotes(_ text: String) -> [String] {
        var parts = [""]
        var quoted = false
        for character in text.unicodeScalars {
            if character == "\"" { quoted.toggle() }
            if character == ";", !quoted { parts.append("") } else { parts[parts.count - 1].unicodeScalars.append(character) }
        }
        return parts.map { trimmed($0[...]) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !blank($0) }), let last = text.lastIndex(where: { !blank($0) }) else { return "" }
        return String(text[first...last])
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }
}
