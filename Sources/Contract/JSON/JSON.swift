/// One JSON value (RFC 8259), as it stood in the text: members in order, numbers in their own digits.
package enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    /// A string that is not text: it holds U+0000, a lone surrogate, or bytes that are not UTF-8.
    ///
    /// Kept as a value of its own, so that one bad title does not hide the container beside it.
    case unreadableString
    case array([JSON])
    case object(JSONObject)

    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    package var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
    package var string: String? { if case .string(let string) = self { string } else { nil } }
    package var number: JSONNumber? { if case .number(let number) = self { number } else { nil } }
    package var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }
    /// A number written as an integer that fits 64 bits; nothing for `1.0` or `1e3`.
    package var integer: Int? { number?.integer }

    /// The member of this name; nothing where this is no object.
    package subscript(name: StaticString) -> JSON? { object?[name] }

    /// Whether this value or one inside it is a string, or a member's name, that is not text.
    package var hasUnreadableText: Bool {
        switch self {
        case .unreadableString: true
        case .array(let elements): elements.contains { $0.hasUnreadableText }
        case .object(let object): object.hasUnreadableName || object.members.contains { $0.value.hasUnreadableText }
        case .null, .bool, .number, .string: false
        }
    }
}

/// The members of an object in the order of the text.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSON

        package init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    package internal(set) var members: [Member]
    /// A member whose name is not text stood here; it is not among `members`.
    package internal(set) var hasUnreadableName = false

    package init(members: [Member]) {
        self.members = members
    }

    /// The value of the first member of this name, compared byte for byte.
    package subscript(name: StaticString) -> JSON? {
        members.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// Whether a name stands twice here (not below).
    package var namesTwice: Bool {
        guard members.count > 16 else {
            for (index, member) in members.enumerated() where members[..<index].contains(where: { $0.name.hasSameBytes(as: member.name) }) {
                return true
            }
            return false
        }
        // Pairs would cost a hostile object of a million members a trillion comparisons.
        var seen = Set<Subject.Exact>(minimumCapacity: members.count)
        return members.contains { !seen.insert(Subject.Exact(text: $0.name)).inserted }
    }
}

/// A number as it stood in the text: nothing is rounded until somebody asks for a type.
package struct JSONNumber: Sendable, Equatable {
    package let text: String

    /// - Parameter text: a number in JSON's grammar; the parser has checked it.
    init(text: String) {
        self.text = text
    }

    package init(_ integer: Int) {
        text = String(integer)
    }

    /// The value where it is written as an integer and fits 64 bits.
    package var integer: Int? { Int(text) }
    package var double: Double? { Double(text) }

    /// Whether a database's decimal type can hold it: at most 128 characters, an exponent of at most 308 either way.
    ///
    /// The bound is that of a binary64; `1e400000` is JSON, but no column takes it.
    package var isStorable: Bool {
        guard text.utf8.count <= 128 else { return false }
        guard let mark = text.utf8.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return true }
        guard let exponent = Int(text[text.utf8.index(after: mark)...]) else { return false }
        return (-308...308).contains(exponent)
    }
}

/// Why bytes were not taken as JSON.
package enum JSONError: Error, Equatable {
    /// Not in JSON's grammar, or something after the value.
    case malformed
    /// Nested deeper than ``JSON/maximumDepth``.
    case tooDeep
    /// An object names a member twice, after unescaping.
    case duplicateMember
    /// A string holds U+0000, a lone surrogate, or bytes that are not UTF-8.
    case invalidText
}
