/// A set of documents by their ordinals: one bit each.
package struct DocumentMask: Sendable {
    package private(set) var bits: [UInt64]

    /// Nothing is in it.
    ///
    /// - Parameter count: ordinals below can be put in.
    package init(count: Int) {
        bits = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// - Parameter bits: ordinal `n` is bit `n % 64` of word `n / 64`.
    package init(bits: [UInt64]) {
        self.bits = bits
    }

    package mutating func insert(_ ordinal: Int32) {
        guard ordinal >= 0, Int(ordinal) / 64 < bits.count else { return }
        bits[Int(ordinal) / 64] |= 1 << UInt64(ordinal % 64)
    }

    package mutating func insert(_ ordinals: Range<Int32>) {
        for ordinal in ordinals { insert(ordinal) }
    }

    package mutating func remove(_ ordinal: Int32) {
        guard ordinal >= 0, Int(ordinal) / 64 < bits.count else { return }
        bits[Int(ordinal) / 64] &= ~(1 << UInt64(ordinal % 64))
    }

    @inline(__always)
    package func contains(_ ordinal: Int32) -> Bool {
        let word = Int(ordinal) >> 6
        return ordinal >= 0 && word < bits.count && bits[word] & (1 << UInt64(ordinal & 63)) != 0
    }
}
