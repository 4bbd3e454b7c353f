import Text

/// How good a place before an atom is to part a text, from worst to best.
enum Break: UInt8, Comparable {
    /// Inside a grapheme: never chosen while there is another place.
    case grapheme
    /// Inside a word.
    case scalar
    case word
    case sentence
    case block
    case section

    static func < (left: Break, right: Break) -> Bool { left.rawValue < right.rawValue }
}

/// The smallest piece a chunker moves: a pre-token with what follows up to the next, or a piece of a very long one.
struct Atom {
    let start: UInt32
    let tokens: UInt16
    let breakBefore: Break
}

/// Divides blocks into atoms.
///
/// The atoms of a block cover it: also what the tokenizer does not see (control characters) lies in one of them.
struct AtomScanner {
    /// A word this long is taken apart: the tokenizer sees a link or a row of hashes as one unknown word, or as a chunk's worth of pieces.
    private static let maximumAtomBytes = 64

    let tokenizer: any Tokenizer
    private(set) var atoms: [Atom] = []

    init(tokenizer: any Tokenizer) { self.tokenizer = tokenizer }

    mutating func removeFirst(_ count: Int) { atoms.removeFirst(count) }

    /// Appends the atoms of `range`, whose first has the given break before it.
    mutating func append(_ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>, code: Bool, breakBefore: Break) {
        let first = atoms.count
        var end = range.lowerBound
        var scanned: [Atom] = []
        swap(&scanned, &atoms)
        tokenizer.forEachWord(in: UnsafeBufferPointer(rebasing: text[range]).span) { word, tokens in
            let word = word.lowerBound + range.lowerBound..<word.upperBound + range.lowerBound
            appendUnseen(end..<word.lowerBound, of: text, to: &scanned)
            if word.count > Self.maximumAtomBytes {
                appendPieces(of: word, of: text, after: end, to: &scanned)
            } else {
                let place = scanned.count == first ? breakBefore : Self.place(in: text, after: end, before: word.lowerBound, code: code)
                scanned.append(Atom(start: UInt32(word.lowerBound), tokens: UInt16(clamping: tokens), breakBefore: place))
            }
            end = word.upperBound
        }
        appendUnseen(end..<range.upperBound, of: text, to: &scanned)
        swap(&scanned, &atoms)
        if atoms.count > first { atoms[first] = Atom(start: UInt32(range.lowerBound), tokens: atoms[first].tokens, breakBefore: breakBefore) }
    }

    /// What lies between two words needs atoms of its own only where it is long and not white space.
    private func appendUnseen(_ gap: Range<Int>, of text: UnsafeBufferPointer<UInt8>, to atoms: inout [Atom]) {
        if gap.count <= Self.maximumAtomBytes, !atoms.isEmpty || gap.isEmpty { return }
        let seen = UTF8Text.trimmed(gap, in: text)
        if seen.isEmpty { return }
        var start = seen.lowerBound
        while start < seen.upperBound {
            atoms.append(Atom(start: UInt32(start), tokens: 0, breakBefore: start == seen.lowerBound ? .word : Self.graphemePlace(in: text, at: start)))
            start = scalarEnd(in: text, from: start, limit: seen.upperBound)
        }
    }

    private func appendPieces(of word: Range<Int>, of text: UnsafeBufferPointer<UInt8>, after end: Int, to atoms: inout [Atom]) {
        var start = word.lowerBound
        while start < word.upperBound {
            let next = scalarEnd(in: text, from: start, limit: word.upperBound)
            var tokens = 0
            tokenizer.forEachWord(in: UnsafeBufferPointer(rebasing: text[start..<next]).span) { tokens += $1 }
            let place = start == word.lowerBound ? Self.place(in: text, after: end, before: start, code: false) : Self.graphemePlace(in: text, at: start)
            atoms.append(Atom(start: UInt32(start), tokens: UInt16(clamping: tokens), breakBefore: place))
            start = next
        }
    }

    private func scalarEnd(in text: UnsafeBufferPointer<UInt8>, from start: Int, limit: Int) -> Int {
        var end = min(start + Self.maximumAtomBytes / 2, limit)
        while end < limit, !UTF8Text.isScalarBoundary(in: text, at: end) { end += 1 }
        return end
    }

    /// What kind of place the gap between two words is.
    private static func place(in text: UnsafeBufferPointer<UInt8>, after end: Int, before start: Int, code: Bool) -> Break {
        guard end > 0 else { return .word }
        let isApart = end < start && (end..<start).contains { UTF8Text.whiteSpaceLength(in: text, at: $0) > 0 }
        if !isApart {
            let previous = scalarBefore(end, in: text)
            if Script.endsSentenceWithoutSpace(previous) { return Script.closes(UTF8Text.scalar(in: text, at: start).value) ? .scalar : .sentence }
            if Script.hasNoSpaces(previous) || Script.hasNoSpaces(UTF8Text.scalar(in: text, at: start).value) {
                return graphemePlace(in: text, at: start) == .grapheme ? .grapheme : .word
            }
            return graphemePlace(in: text, at: start)
        }
        if code, text[end..<start].contains(0x0A) { return .sentence }
        return endsSentence(in: text, at: end) && !isLowercaseLetter(text[start]) ? .sentence : .word
    }

    private static func graphemePlace(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> Break {
        Script.joinsPrevious(UTF8Text.scalar(in: text, at: index).value) || (index > 0 && scalarBefore(index, in: text) == Script.zeroWidthJoiner)
            ? .grapheme : .scalar
    }

    /// Whether the text before `end` ends a sentence: a full stop or its like, and any quotes or brackets that close after it.
    private static func endsSentence(in text: UnsafeBufferPointer<UInt8>, at end: Int) -> Bool {
        var position = end
        for _ in 0..<4 where position > 0 {
            let scalar = scalarBefore(position, in: text)
            if Script.endsSentence(scalar) { return true }
            guard Script.closes(scalar) else { return false }
            position -= scalar < 0x80 ? 1 : (scalar < 0x800 ? 2 : 3)
        }
        return false
    }

    private static func scalarBefore(_ index: Int, in text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var start = index - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        return UTF8Text.scalar(in: text, at: start).value
    }

    private static func isLowercaseLetter(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
}
