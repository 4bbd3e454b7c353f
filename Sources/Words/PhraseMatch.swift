/// Where the words of a phrase stand beside each other.
enum PhraseMatch {
    /// A passage and a position in it: where the phrase would begin.
    static func key(_ passage: UInt32, _ position: UInt32, offset: UInt32) -> UInt64? {
        position >= offset ? UInt64(passage) << 32 | UInt64(position - offset) : nil
    }

    static func passage(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }

    /// What is in both; each ascending.
    static func intersection(_ one: [UInt64], _ other: [UInt64]) -> [UInt64] {
        var both: [UInt64] = []
        var index = 0
        for key in one {
            while index < other.count, other[index] < key { index += 1 }
            guard index < other.count else { break }
            if other[index] == key { both.append(key) }
        }
        return both
    }
}
