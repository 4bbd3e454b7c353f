/// Somebody an access list can name: `user:<name>`, `group:<source>/<name>`, or `everyone`.
///
/// - Invariant: `text` is NFC, at most 512 bytes, without U+0000. Nothing is trimmed or folded.
package struct Principal: ByteIdentity, Comparable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case user, group, everyone
    }

    package static let maximumBytes = 512
    package static let everyone = Principal(kind: .everyone, text: "everyone")

    package let kind: Kind
    package let text: String
    /// Never the name: descriptions reach logs.
    package var description: String { "a principal" }

    private init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// Nothing where the text is out of form.
    package init?(_ raw: String) {
        let text = raw.composed
        let bytes = text.utf8
        guard bytes.count <= Self.maximumBytes, !bytes.contains(0) else { return nil }
        if bytes.starts(with: "user:".utf8) {
            guard bytes.count > 5 else { return nil }
            self.init(kind: .user, text: text)
        } else if bytes.starts(with: "group:".utf8) {
            let name = bytes.dropFirst(6)
            guard let slash = name.firstIndex(of: UInt8(ascii: "/")), SourceName(bytes: name[..<slash]) != nil,
                name.index(after: slash) < name.endIndex
            else { return nil }
            self.init(kind: .group, text: text)
        } else if text.hasSameBytes(as: "everyone" as StaticString) {
            self = .everyone
        } else {
            return nil
        }
    }

    /// The group that a record of the memberships topic describes; nothing where its principal would be too long to be named.
    package init?(group: RecordKey) {
        self.init("group:\(group.source.text)/\(group.subject.text)")
    }

    package static func < (one: Self, other: Self) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }
}

/// Who is allowed and who is denied; deny wins.
package struct AccessList: Hashable, Sendable {
    package var allow: [Principal]
    package var deny: [Principal]

    package init(allow: [Principal], deny: [Principal] = []) {
        self.allow = allow
        self.deny = deny
    }
}
