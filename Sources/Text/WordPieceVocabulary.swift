/// The pieces of a WordPiece vocabulary, found by their bytes: an open-addressing hash table over one pool.
///
/// Pieces that begin a word and pieces that continue one (`##ing`) are told apart by the seed of their hash, so that looking for either costs no copy.
struct WordPieceVocabulary: Sendable {
    /// Where in a word a piece may stand.
    enum Place: UInt64 {
        case beginning = 0xcbf2_9ce4_8422_2325
        case continuation = 0x9e37_79b9_7f4a_7c15
    }

    private struct Slot {
        var hash: UInt64
        var id: Int32
        var offset: Int32
        var length: Int32
    }

    private let pool: [UInt8]
    private let slots: [Slot]
    private let mask: Int
    /// The longest piece, without its `##`, in bytes: no longer prefix is worth looking up.
    private let longest: Int
    /// How many pieces there are.
    let count: Int

    /// - Parameter lines: one piece a line, its number being its id, as `vocab.txt` has it.
    init(lines file: Span<UInt8>) {
        var pieces: [(range: Range<Int>, id: Int32, place: Place)] = []
        var start = 0
        var id: Int32 = 0
        var pool: [UInt8] = []
        pool.reserveCapacity(file.count)
        var longest = 0
        for index in 0...file.count where index == file.count || file[index] == UInt8(ascii: "\n") {
            var end = index
            if end > start, file[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if index < file.count || end > start {
                let hash = UInt8(ascii: "#")
                let continues = end - start > 2 && file[start] == hash && file[start + 1] == hash
                let first = pool.count
                for position in (continues ? start + 2 : start)..<end { pool.append(file[position]) }
                pieces.append((first..<pool.count, id, continues ? .continuation : .beginning))
                longest = max(longest, pool.count - first)
                id += 1
            }
            start = index + 1
        }
        // Half full at most, so that a miss ends after two probes on average.
        var capacity = 1024
        while capacity < 2 * pieces.count { capacity *= 2 }
        var slots = Array(repeating: Slot(hash: 0, id: -1, offset: 0, length: 0), count: capacity)
        for piece in pieces {
            var hash = piece.place.rawValue
            for position in piece.range { hash = Self.extend(hash, by: pool[position]) }
            var index = Self.slot(of: hash) & (capacity - 1)
            while slots[index].id >= 0 { index = (index + 1) & (capacity - 1) }
            slots[index] = Slot(hash: hash, id: piece.id, offset: Int32(piece.range.lowerBound), length: Int32(piece.range.count))
        }
        self.pool = pool
        self.slots = slots
        self.mask = capacity - 1
        self.longest = longest
        self.count = Int(id)
    }

    /// The id of a whole piece that begins a word; nil if there is none.
    func id(of piece: StaticString) -> Int32? {
        piece.withUTF8Buffer { bytes in
            longestPiece(of: bytes.span, from: 0, place: .beginning).flatMap { $0.end == bytes.count ? $0.id : nil }
        }
    }

    /// The longest piece that the word has at `start`, and where it ends; nil if there is none.
    func longestPiece(of word: Span<UInt8>, from start: Int, place: Place) -> (id: Int32, end: Int)? {
        let limit = min(word.count, start + longest)
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, limit - start)) { hashes in
            var hash = place.rawValue
            for position in start..<limit {
                hash = Self.extend(hash, by: word[position])
                hashes[position - start] = hash
            }
            var end = limit
            while end > start {
                if end == word.count || word[end] & 0xc0 != 0x80, let id = find(hashes[end - 1 - start], word, start, end) {
                    return (id, end)
                }
                end -= 1
            }
            return nil
        }
    }

    private func find(_ hash: UInt64, _ word: Span<UInt8>, _ start: Int, _ end: Int) -> Int32? {
        var index = Self.slot(of: hash) & mask
        while slots[index].id >= 0 {
            let slot = slots[index]
            if slot.hash == hash, Int(slot.length) == end - start, isEqual(slot, word, start) { return slot.id }
            index = (index + 1) & mask
        }
        return nil
    }

    private func isEqual(_ slot: Slot, _ word: Span<UInt8>, _ start: Int) -> Bool {
        for offset in 0..<Int(slot.length) where pool[Int(slot.offset) + offset] != word[start + offset] { return false }
        return true
    }

    /// FNV-1a: one multiplication a byte, and every prefix's hash comes with the whole word's.
    @inline(__always)
    private static func extend(_ hash: UInt64, by byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    /// FNV's low bits are its weakest: fold the high half in.
    @inline(__always)
    private static func slot(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
