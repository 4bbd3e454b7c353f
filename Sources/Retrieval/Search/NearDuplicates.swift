/// Tells texts that say the same: equal but for white space and case, or nearly so.
///
/// Nearly is a Jaccard similarity of their runs of five characters (Broder 1997), counted exactly: a result has a hundred hits at most, so sketches would
/// save nothing. Characters rather than words, so that scripts without spaces are told alike.
struct NearDuplicates {
    /// One word changed in a passage of two hundred leaves over 0.9, five leave 0.9 as a rule. Among the abstracts of Cranfield the two nearest pairs, 0.85
    /// and 0.80, are editions of one report; the next, at 0.74, say different things.
    static let threshold = 0.8
    private static let shingleLength = 5

    private var admitted: [[UInt64]] = []

    /// - Returns: whether the text says something that none before it said; it then counts for those after it.
    mutating func admit(_ text: String) -> Bool {
        let shingles = Self.shingles(of: text)
        guard !admitted.contains(where: { Self.areAlike($0, shingles) }) else { return false }
        admitted.append(shingles)
        return true
    }

    /// Sorted and distinct digests of the runs; of a shorter text, of the whole.
    private static func shingles(of text: String) -> [UInt64] {
        let scalars = normalised(text)
        guard scalars.count > shingleLength else { return [digest(scalars[...])] }
        var digests = (0...scalars.count - shingleLength).map { digest(scalars[$0..<$0 + shingleLength]) }
        digests.sort()
        var distinct = 1
        for index in digests.indices.dropFirst() where digests[index] != digests[distinct - 1] {
            digests[distinct] = digests[index]
            distinct += 1
        }
        digests.removeSubrange(distinct...)
        return digests
    }

    /// Lower case, and one space where white space is.
    private static func normalised(_ text: String) -> [UInt32] {
        var scalars: [UInt32] = []
        var isSpaceDue = false
        for scalar in text.unicodeScalars {
            guard !scalar.properties.isWhitespace else {
                isSpaceDue = !scalars.isEmpty
                continue
            }
            if isSpaceDue { scalars.append(0x20) }
            isSpaceDue = false
            if scalar.isASCII {
                scalars.append((0x41...0x5a).contains(scalar.value) ? scalar.value | 0x20 : scalar.value)
            } else {
                scalars += scalar.properties.lowercaseMapping.unicodeScalars.map(\.value)
            }
        }
        return scalars
    }

    /// FNV-1a.
    private static func digest(_ scalars: ArraySlice<UInt32>) -> UInt64 {
        scalars.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func areAlike(_ one: [UInt64], _ other: [UInt64]) -> Bool {
        // Sets of sizes too unlike cannot be alike enough.
        guard Double(min(one.count, other.count)) >= threshold * Double(max(one.count, other.count)) else { return false }
        var (left, right, common) = (0, 0, 0)
        while left < one.count, right < other.count {
            if one[left] == other[right] {
                (left, right, common) = (left + 1, right + 1, common + 1)
            } else if one[left] < other[right] {
                left += 1
            } else {
                right += 1
            }
        }
        return Double(common) >= threshold * Double(one.count + other.count - common)
    }
}
