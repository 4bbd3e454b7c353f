/// Whom a record is about: `tenant/source/subject`, the subject percent-encoded.
///
/// - Invariant: one key has exactly one form in bytes, so that `RecordKey(parsing: key.bytes) == key`, and nothing else parses to it.
package struct RecordKey: Hashable, Sendable, CustomStringConvertible {
    package let tenant: TenantID
    package let source: SourceName
    package let subject: Subject

    package init(tenant: TenantID, source: SourceName, subject: Subject) {
        self.tenant = tenant
        self.source = source
        self.subject = subject
    }

    /// Why bytes are not a key.
    enum Flaw: Error {
        case outOfForm
        /// The subject is in form, but holds U+0000.
        case invalidText
    }

    /// Nothing where the bytes are not the one form of a key.
    package init?(parsing bytes: [UInt8]) {
        guard let key = try? Self(reading: bytes) else { return nil }
        self = key
    }

    init(reading bytes: [UInt8]) throws(Flaw) {
        let parts = bytes.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let tenant = TenantID(bytes: parts[0]), let source = SourceName(bytes: parts[1]) else { throw .outOfForm }
        let decoded = try Self.decode(parts[2])
        guard let text = String(validating: decoded, as: UTF8.self), (1...Subject.maximumBytes).contains(decoded.count) else { throw .outOfForm }
        guard let subject = Subject(text) else { throw .invalidText }
        self.init(tenant: tenant, source: source, subject: subject)
    }

    /// The tenant a record with a flawed key still names, so that its outcome finds its topic.
    package static func tenant(of bytes: [UInt8]) -> TenantID? {
        guard let slash = bytes.prefix(64).firstIndex(of: UInt8(ascii: "/")) else { return nil }
        return TenantID(bytes: bytes[..<slash])
    }

    /// The key of a record.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tenant.text.utf8.count + source.text.utf8.count + subject.text.utf8.count + 8)
        bytes.append(contentsOf: tenant.text.utf8)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: source.text.utf8)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(percentEncoding: subject.text.utf8)
        return bytes
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// RFC 3986, its one canonical form: unreserved bytes as they are, all others as upper-case hex.
    private static func decode(_ encoded: ArraySlice<UInt8>) throws(Flaw) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var rest = encoded
        while let byte = rest.popFirst() {
            if byte.isUnreserved {
                decoded.append(byte)
                continue
            }
            guard byte == UInt8(ascii: "%"), let high = rest.popFirst(), let low = rest.popFirst(),
                let value = hexByte(high, low), !value.isUnreserved
            else { throw .outOfForm }
            decoded.append(value)
        }
        return decoded
    }

    private static func hexByte(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let upper = high.hexDigitValue, let lower = low.hexDigitValue, high.upperHexMatches(upper), low.upperHexMatches(lower) else { return nil }
        return upper << 4 | lower
    }
}

/// A source as a whole: `tenant/source/`. A subject is never empty, so that no document, container or group has this key.
package struct SourceKey: Hashable, Sendable, CustomStringConvertible {
    package let tenant: TenantID
    package let source: SourceName

    package init(tenant: TenantID, source: SourceName) {
        self.tenant = tenant
        self.source = source
    }

    /// Nothing where the bytes are not the one form of a source's key.
    package init?(parsing bytes: [UInt8]) {
        let parts = bytes.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].isEmpty, let tenant = TenantID(bytes: parts[0]), let source = SourceName(bytes: parts[1]) else { return nil }
        self.init(tenant: tenant, source: source)
    }

    /// The key of a record.
    package var bytes: [UInt8] { Array(description.utf8) }

    package var description: String { "\(tenant)/\(source)/" }
}

extension UInt8 {
    fileprivate func upperHexMatches(_ value: UInt8) -> Bool { self == value.upperHexDigit }
}

extension [UInt8] {
    /// Appends text percent-encoded in the one form keys have.
    mutating func append(percentEncoding text: some Swift.Sequence<UInt8>) {
        for byte in text {
            if byte.isUnreserved {
                append(byte)
            } else {
                append(UInt8(ascii: "%"))
                append((byte >> 4).upperHexDigit)
                append((byte & 15).upperHexDigit)
            }
        }
    }
}
