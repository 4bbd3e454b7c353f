/// A word while it is being read: its folded bytes, and the bytes of the text it came from.
struct WordPieceWord {
    /// A longer word is unknown, whatever it says: the reference's `max_input_chars_per_word`.
    static let maximumScalars = 100

    /// The folded word in UTF-8; incomplete once `scalarCount` is past the maximum.
    private(set) var bytes: [UInt8] = []
    private(set) var scalarCount = 0
    private(set) var range = 0..<0
    /// Where in `bytes` the run of marks at the end begins, within which canonical order holds.
    private var marks = 0

    init() {
        bytes.reserveCapacity(4 * Self.maximumScalars)
    }

    var isEmpty: Bool { scalarCount == 0 }
    var isTooLong: Bool { scalarCount > Self.maximumScalars }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        scalarCount = 0
        marks = 0
    }

    @inline(__always)
    mutating func append(_ scalar: UInt32, from source: Range<Int>) {
        note(source)
        guard !isTooLong else { return }
        if scalar < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: scalar))
        } else {
            insert(scalar, at: bytes.count)
        }
        marks = bytes.count
    }

    /// A dropped mark of class 0: what follows is not ordered with what came before.
    mutating func endMarks() {
        marks = bytes.count
    }

    /// Puts a mark before those of a higher class at the end of the word.
    mutating func append(mark scalar: UInt32, from source: Range<Int>) {
        note(source)
        guard !isTooLong else { return }
        let combiningClass = WordPieceFolding.combiningClass(scalar)
        var position = bytes.count
        while position > marks {
            var start = position - 1
            while bytes[start] & 0xc0 == 0x80 { start -= 1 }
            var next = start
            let previous = bytes.span.decodeScalar(at: &next)
            guard WordPieceFolding.combiningClass(previous) > combiningClass else { break }
            position = start
        }
        insert(scalar, at: position)
    }

    private mutating func note(_ source: Range<Int>) {
        range = (isEmpty ? source.lowerBound : range.lowerBound)..<source.upperBound
        scalarCount += 1
    }

    private mutating func insert(_ scalar: UInt32, at position: Int) {
        let tail = { (shift: UInt32) in UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift & 0x3f)) }
        let head = { (mark: UInt32, shift: UInt32) in UInt8(truncatingIfNeeded: mark | scalar >> shift) }
        let encoded: [UInt8] =
            switch scalar {
            case ..<0x80: [UInt8(truncatingIfNeeded: scalar)]
            case ..<0x800: [head(0xc0, 6), tail(0)]
            case ..<0x1_0000: [head(0xe0, 12), tail(6), tail(0)]
            default: [head(0xf0, 18), tail(12), tail(6), tail(0)]
            }
        bytes.insert(contentsOf: encoded, at: position)
    }
}

extension Span<UInt8> {
    /// The scalar that begins at `index`, which is moved past it; U+FFFD, one byte on, where the bytes are not UTF-8.
    @inline(__always)
    func decodeScalar(at index: inout Int) -> UInt32 {
        let first = self[index]
        if first < 0x80 {
            index += 1
            return UInt32(first)
        }
        return decodeLongScalar(at: &index, first: first)
    }

    private func decodeLongScalar(at index: inout Int, first: UInt8) -> UInt32 {
        let length: Int
        let least: UInt32
        switch first {
        case 0xc2...0xdf: (length, least) = (2, 0x80)
        case 0xe0...0xef: (length, least) = (3, 0x800)
        case 0xf0...0xf4: (length, least) = (4, 0x1_0000)
        default: (length, least) = (0, 0)
        }
        guard length > 0, index + length <= count else {
            index += 1
            return 0xfffd
        }
        var scalar = UInt32(first) & (0x7f >> UInt32(length))
        for offset in 1..<length {
            let byte = self[index + offset]
            guard byte & 0xc0 == 0x80 else {
                index += 1
                return 0xfffd
            }
            scalar = scalar << 6 | UInt32(byte & 0x3f)
        }
        guard scalar >= least, scalar <= 0x10_ffff, !(0xd800..<0xe000).contains(scalar) else {
            index += 1
            return 0xfffd
        }
        index += length
        return scalar
    }
}
