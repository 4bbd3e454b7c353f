/// The local name of an element as a number: its first eight bytes, and its length where it is longer.
///
/// Names are compared a dozen times per element; this makes each comparison one instruction.
struct MarkupName: Hashable {
    let packed: UInt64

    /// - Parameter name: NUL-terminated; a prefix up to a colon is left out.
    init(_ name: UnsafePointer<UInt8>) {
        var packed: UInt64 = 0
        var length = 0
        var next = name
        while next.pointee != 0 {
            if next.pointee == UInt8(ascii: ":") {
                packed = 0
                length = 0
            } else {
                if length < 8 { packed |= UInt64(next.pointee) << UInt64(length * 8) }
                length += 1
            }
            next += 1
        }
        self.packed = length > 8 ? packed &+ UInt64(length) &* 0x9E37_79B9_7F4A_7C15 : packed
    }

    init(_ name: StaticString) { self.init(name.utf8Start) }

    /// A word of an attribute, as it stands.
    init(_ word: UnsafeBufferPointer<UInt8>) {
        var packed: UInt64 = 0
        for index in 0..<min(word.count, 8) { packed |= UInt64(word[index]) << UInt64(index * 8) }
        self.packed = word.count > 8 ? packed &+ UInt64(word.count) &* 0x9E37_79B9_7F4A_7C15 : packed
    }
}

/// A fixed table from names to roles, with open addressing.
struct MarkupNameTable<Role: Sendable>: Sendable {
    private let names: [UInt64]
    private let roles: [Role?]

    init(_ entries: [(Role, [StaticString])]) {
        var names = [UInt64](repeating: 0, count: Self.size)
        var roles = [Role?](repeating: nil, count: Self.size)
        for (role, list) in entries {
            for text in list {
                let name = MarkupName(text)
                var slot = Self.slot(of: name)
                while names[slot] != 0 { slot = (slot + 1) % Self.size }
                names[slot] = name.packed
                roles[slot] = role
            }
        }
        self.names = names
        self.roles = roles
    }

    subscript(name: MarkupName) -> Role? {
        var slot = Self.slot(of: name)
        while names[slot] != 0 {
            if names[slot] == name.packed { return roles[slot] }
            slot = (slot + 1) % Self.size
        }
        return nil
    }

    /// A power of two, some four times the longest table, so that most look-ups end at the first slot.
    private static var size: Int { 512 }
    private static func slot(of name: MarkupName) -> Int { Int((name.packed &* 0x9E37_79B9_7F4A_7C15) >> 55) }
}
