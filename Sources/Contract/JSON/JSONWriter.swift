/// Appends JSON to bytes, in the order of the calls: compact, deterministic, non-ASCII text as it is.
///
/// ```swift
/// var json = JSONWriter()
/// json.object {
///     $0.member("status", "ok")
///     $0.member("hits") { $0.array(hits) { $0.value($1.title) } }
/// }
/// ```
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next member or element follows another one.
    private var needsComma = false

    package init(reservingBytes capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    // MARK: - Containers

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array<Elements: Swift.Sequence>(_ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void) {
        open(UInt8(ascii: "["))
        for element in elements { write(&self, element) }
        close(UInt8(ascii: "]"))
    }

    package mutating func member(_ name: String, _ value: (inout JSONWriter) -> Void) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        value(&self)
        needsComma = true
    }

    /// A member whose value is `null` where there is none.
    package mutating func member(_ name: String, _ value: String?) { member(name) { $0.value(value) } }
    package mutating func member(_ name: String, _ value: Int?) { member(name) { $0.value(value) } }
    package mutating func member(_ name: String, _ value: Bool) { member(name) { $0.value(value) } }

    // MARK: - Values

    package mutating func value(_ value: String?) {
        if let value { string(value) } else { raw("null") }
    }

    package mutating func value(_ value: Int?) { raw(value.map(String.init) ?? "null") }
    package mutating func value(_ value: Bool) { raw(value ? "true" : "false") }

    /// A number with at most three decimals; `null` for what JSON cannot say (infinities, NaN).
    package mutating func value(rounded value: Double) {
        raw(value.isFinite ? "\((value * 1000).rounded() / 1000)" : "null")
    }

    /// A whole tree; a string that is not text becomes `null`.
    package mutating func value(_ value: JSON) {
        switch value {
        case .null, .unreadableString: raw("null")
        case .bool(let bool): self.value(bool)
        case .number(let number): raw(number.text)
        case .string(let text): string(text)
        case .array(let elements): array(elements) { $0.value($1) }
        case .object(let object):
            self.object { json in
                for member in object.members { json.member(member.name) { $0.value(member.value) } }
            }
        }
    }

    /// JSON text that is known to be a value, as it is.
    package mutating func value(verbatim json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    // MARK: - Bytes

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var run = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: utf8[run..<index])
                escape(byte)
                run = index + 1
            }
            bytes.append(contentsOf: utf8[run...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(byte >> 4 + UInt8(ascii: "0"))
            bytes.append((byte & 15).upperHexDigit)
        }
    }
}

extension JSON {
    /// This value as compact JSON text.
    package var utf8: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
