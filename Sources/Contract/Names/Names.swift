/// A tenant's short name: `[a-z0-9][a-z0-9-]{0,62}`.
package struct TenantID: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Nothing where the text is out of form.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.allSatisfy({ $0.isASCIILowercase || $0.isASCIIDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.text = String(text)
    }

    init?(bytes: some Collection<UInt8>) {
        self.init(String(decoding: bytes, as: UTF8.self))
    }
}

/// The short name of a publishing system: `[A-Za-z0-9._~-]{1,64}`.
package struct SourceName: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Nothing where the text is out of form.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy(\.isUnreserved) else { return nil }
        self.text = String(text)
    }

    init?(bytes: some Collection<UInt8>) {
        self.init(String(decoding: bytes, as: UTF8.self))
    }
}

/// A document, container or group within its source: any text of 1 to 1,024 bytes without U+0000, compared byte for byte.
package struct Subject: ByteIdentity, CustomStringConvertible {
    package static let maximumBytes = 1024

    package let text: String
    package var description: String { text }

    /// Nothing where the text is empty, too long, or holds U+0000.
    package init?(_ text: String) {
        guard (1...Self.maximumBytes).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    /// Any text, with the identity of its bytes.
    struct Exact: ByteIdentity {
        let text: String
    }
}

/// A full snapshot of a source, by the name its publisher gave it: `[A-Za-z0-9._~:-]{1,64}`, never used again.
package struct SnapshotID: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Nothing where the text is out of form.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy({ $0.isUnreserved || $0 == UInt8(ascii: ":") }) else { return nil }
        self.text = String(text)
    }
}

/// The source's own version of a subject: 1 to 18 decimal digits, compared as a number.
package struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: Int64
    /// Without leading zeros, as receipts and outcomes show it.
    package var description: String { String(value) }

    package init(_ value: Int64) {
        self.value = value
    }

    /// Nothing where the text is out of form. Eighteen digits always fit 63 bits.
    package init?(parsing text: String) {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(\.isASCIIDigit), let value = Int64(text) else { return nil }
        self.value = value
    }

    package static func < (one: Self, other: Self) -> Bool { one.value < other.value }
}
