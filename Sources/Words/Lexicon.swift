import Glibc

/// Numbers for terms, in the order they come: an open hash table over one run of bytes. Belongs to one thread at a time.
struct Lexicon {
    private(set) var bytes: [UInt8] = []
    /// `starts[n]..<starts[n + 1]` are the bytes of term `n`.
    private(set) var starts: [UInt32] = [0]
    private var hashes: [UInt32] = []
    /// Numbers by hash, plus one; zero: free.
    private var slots: [UInt32]

    init(minimumCapacity: Int = 4096) {
        var capacity = 16
        while capacity < minimumCapacity * 2 { capacity *= 2 }
        slots = [UInt32](repeating: 0, count: capacity)
    }

    var count: Int { starts.count - 1 }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        hashes.removeAll(keepingCapacity: true)
        for index in slots.indices { slots[index] = 0 }
    }

    mutating func number(of term: UnsafeRawBufferPointer) -> Int {
        let hash = Self.hash(term)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash, isEqual(number, term) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        let number = count
        slots[slot] = UInt32(number + 1)
        bytes.append(contentsOf: term)
        starts.append(UInt32(bytes.count))
        hashes.append(hash)
        if (number + 1) * 2 > slots.count { grow() }
        return number
    }

    func withTerm<Result>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[Int(starts[number])..<Int(starts[number + 1])])) }
    }

    /// Terms by the order of their bytes.
    func sorted(_ numbers: some Sequence<UInt32>) -> [UInt32] {
        bytes.withUnsafeBytes { bytes in
            starts.withUnsafeBufferPointer { starts in
                func key(_ number: UInt32) -> UInt64 {
                    let start = Int(starts[Int(number)])
                    let length = Int(starts[Int(number) + 1]) - start
                    if start + 8 <= bytes.count {
                        let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                        return length >= 8 ? word : length == 0 ? 0 : word & (UInt64.max << UInt64(64 - 8 * length))
                    }
                    return (0..<min(length, 8)).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(56 - 8 * $1) }
                }
                func term(_ number: UInt32) -> UnsafeRawBufferPointer {
                    UnsafeRawBufferPointer(rebasing: bytes[Int(starts[Int(number)])..<Int(starts[Int(number) + 1])])
                }
                var keyed = numbers.map { (key: key($0), number: $0) }
                // Eight bytes decide nearly always.
                keyed.sort { $0.key != $1.key ? $0.key < $1.key : compare(term($0.number), term($1.number)) < 0 }
                return keyed.map(\.number)
            }
        }
    }

    private func isEqual(_ number: Int, _ term: UnsafeRawBufferPointer) -> Bool {
        let start = Int(starts[number])
        let count = term.count
        guard Int(starts[number + 1]) - start == count else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let known = bytes.baseAddress, let term = term.baseAddress else { return true }
            return memcmp(known + start, term, count) == 0
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(number + 1)
        }
    }

    @inline(__always)
    private static func hash(_ term: UnsafeRawBufferPointer) -> UInt32 {
        let count = term.count
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(count)
        if count >= 8 {
            var index = 0
            while index + 8 < count {
                hash = mix(hash ^ term.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            // The last eight bytes, some of them a second time.
            hash = mix(hash ^ term.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
        } else if count >= 4 {
            let first = UInt64(term.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            hash = mix(hash ^ (first << 32 | UInt64(term.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))))
        } else if count > 0 {
            hash = mix(hash ^ (UInt64(term[0]) << 16 | UInt64(term[count / 2]) << 8 | UInt64(term[count - 1])))
        }
        return UInt32(truncatingIfNeeded: hash >> 32)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}

/// The order of bytes; a beginning comes before what it begins.
@inline(__always)
func compare(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
    let shared = min(one.count, other.count)
    var index = 0
    while index < shared {
        let (left, right) = (one[index], other[index])
        if left != right { return left < right ? -1 : 1 }
        index += 1
    }
    return one.count - other.count
}
