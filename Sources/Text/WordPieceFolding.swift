/// What BERT's uncased normaliser and pre-tokenizer make of each Unicode scalar, as one table.
///
/// The reference cleans the text, sets CJK ideographs apart, decomposes (NFD), drops non-spacing marks, lower-cases, then splits at white space and
/// punctuation. Each of these steps looks at one scalar at a time, but for the canonical order of marks, so all of them together are a function
/// from a scalar to scalars with a kind.
struct WordPieceFolding: Sendable {
    enum Kind: UInt32 {
        /// Part of a word, as `target`.
        case letter = 0
        /// A word of its own, as `target`: punctuation, a CJK ideograph.
        case isolated = 1
        /// Ends a word.
        case space = 2
        /// As if it were not there.
        case dropped = 3
        /// Dropped, but marks are not ordered across it.
        case droppedMark = 4
        /// Part of a word, as several scalars: `sequences[target...]`.
        case sequence = 5
        /// A Hangul syllable, part of a word as its two or three letters.
        case hangul = 6
        /// A combining mark that survives, as `target`: part of a word, put in canonical order.
        case mark = 7
    }

    /// A kind and what the scalar becomes, in one word.
    struct Entry {
        let bits: UInt32
        var kind: Kind { Kind(rawValue: bits >> 21) ?? .letter }
        var target: UInt32 { bits & 0x1f_ffff }
    }

    /// A block is 256 scalars: most blocks are equal up to an offset that `identity` leaves out, or repeat, and are stored once.
    private static let blockBits = 8
    /// Marks a scalar that stands for itself, so that blocks without any change are equal.
    private static let identity: UInt32 = .max

    private let blocks: [UInt16]
    private let entries: [UInt32]

    init() {
        let blockSize = 1 << Self.blockBits
        var changed: [Int: [UInt32]] = [:]
        for run in Self.runs {
            let start = Int(run >> 42)
            let count = Int(run >> 25 & 0x1_ffff)
            let stride = Int(run >> 24 & 1) + 1
            let kind = UInt32(run >> 21 & 7)
            let target = UInt32(run & 0x1f_ffff)
            let advances = [Kind.letter, .isolated, .mark].contains { $0.rawValue == kind }
            for step in 0..<count {
                let scalar = start + step * stride
                let entry = kind << 21 | (advances ? target + UInt32(step * stride) : target)
                changed[scalar >> Self.blockBits, default: Array(repeating: Self.identity, count: blockSize)][scalar & (blockSize - 1)] = entry
            }
        }
        var entries = Array(repeating: Self.identity, count: blockSize)
        var blocks: [UInt16] = []
        var known: [[UInt32]: UInt16] = [entries: 0]
        for block in 0..<(0x11_0000 >> Self.blockBits) {
            guard let content = changed[block] else {
                blocks.append(0)
                continue
            }
            if let same = known[content] {
                blocks.append(same)
            } else {
                let index = UInt16(entries.count >> Self.blockBits)
                known[content] = index
                entries += content
                blocks.append(index)
            }
        }
        self.blocks = blocks
        self.entries = entries
    }

    /// The entry of a scalar; `scalar` is at most 0x10FFFF.
    @inline(__always)
    subscript(scalar: UInt32) -> Entry {
        let block = Int(blocks[Int(scalar >> UInt32(Self.blockBits))])
        let bits = entries[block << Self.blockBits | Int(scalar & (1 << UInt32(Self.blockBits) - 1))]
        return Entry(bits: bits == Self.identity ? scalar : bits)
    }

    /// The canonical combining class of a surviving mark; 0 for anything else.
    static func combiningClass(_ scalar: UInt32) -> UInt32 {
        for entry in combiningClasses where entry >> 8 == scalar { return entry & 0xff }
        return 0
    }
}
