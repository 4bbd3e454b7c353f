/// What a tokenizer found at one place of a text.
struct Token {
    enum Kind {
        /// A word of the text: the next position is another's.
        case word
        /// Another name of the word at this position: a whole identifier (`err-4711`), or a part of one (`user` of `getUserName`).
        case alias
        /// Two ideographs beside each other.
        case ideographPair
        /// The last ideograph of several. With it, whatever begins with an ideograph is found by a prefix of one.
        case lastIdeograph
        /// An ideograph alone.
        case loneIdeograph
    }

    let kind: Kind
    /// Nothing: never stemmed, since it has digits, or joins words.
    let script: WordScript?
    /// Words before it in the passage.
    let position: Int
}

protocol TokenSink {
    /// - Parameter term: folded UTF-8, not empty, at most `Tokenizer.maximumTermBytes`; valid during the call.
    mutating func take(_ token: Token, _ term: UnsafeBufferPointer<UInt8>)
}

/// Splits text into folded words. Belongs to one thread at a time.
///
/// Letters, digits and marks make words; `'s` is dropped. Words joined by one of `-_.@:/+&'\` (or `::`) are words each, and together an alias, so
/// that `ERR-4711`, `foo_bar()`, `a.b.c`, addresses and versions are found whole and in parts; so are `c++` and `c#`. A hump (`getUserName`) gives its parts
/// as aliases. Ideographs and Kana come in pairs that overlap; scripts without spaces are split by ICU's dictionaries. ASCII takes no library.
struct Tokenizer {
    /// What is longer is cut: no language's word, and enough to tell identifiers apart.
    static let maximumTermBytes = 64
    /// Humps beyond are not told apart.
    private static let maximumHumps = 8

    private let folding = TextFolding()
    private let unspaced = UnspacedWords()
    /// The words of one compound, with what joins them.
    private var compound: [UInt8] = []
    private var humps: [Int] = []
    private var position = 0

    /// - Returns: how many positions the text has.
    mutating func tokenize<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, into sink: inout Sink) -> Int {
        position = 0
        var start = 0
        while start < text.count {
            guard let foreign = firstNonASCII(text, from: start) else {
                split(UnsafeBufferPointer(rebasing: text[start...]), into: &sink)
                break
            }
            // Folding changes whole words, so it gets the whole of what stands between white space.
            var stretch = foreign
            while stretch > start, !isSpace(text[stretch - 1]) { stretch -= 1 }
            if stretch > start { split(UnsafeBufferPointer(rebasing: text[start..<stretch]), into: &sink) }
            var end = foreign
            while end < text.count, !isSpace(text[end]) { end += 1 }
            start = stretch
            while start < end {
                let piece = scalarBoundary(text, from: start, to: end)
                split(folding.fold(UnsafeBufferPointer(rebasing: text[start..<piece])), into: &sink)
                start = piece
            }
        }
        return position
    }

    private func scalarBoundary(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        guard end - start > TextFolding.maximumBytes else { return end }
        var boundary = start + TextFolding.maximumBytes
        while boundary > start + TextFolding.maximumBytes - 4, text[boundary] & 0xC0 == 0x80 { boundary -= 1 }
        return boundary
    }

    private func firstNonASCII(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        let raw = UnsafeRawBufferPointer(text)
        while index + 8 <= text.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 { index += 8 }
        while index < text.count, text[index] < 0x80 { index += 1 }
        return index < text.count ? index : nil
    }

    // MARK: compounds

    /// Splits text that is ASCII, or folded.
    private mutating func split<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, into sink: inout Sink) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                if ASCIIClass.isWord(byte) { index = takeCompound(text, from: index, into: &sink) } else { index += 1 }
                continue
            }
            let (scalar, length) = decodeScalar(text, at: index)
            switch CharacterClass.of(scalar).kind {
            case .letter, .digit: index = takeCompound(text, from: index, into: &sink)
            case .ideograph: index = takeIdeographs(text, from: index, into: &sink)
            case .unspaced: index = takeUnspaced(text, from: index, into: &sink)
            case .separator, .mark: index += length
            }
        }
    }

    /// Words and what joins them, from the first byte of a word.
    private mutating func takeCompound<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into sink: inout Sink) -> Int {
        compound.removeAll(keepingCapacity: true)
        let first = position
        var index = start
        var words = 0
        var isIdentifier = false
        while true {
            index = takeWord(text, from: index, into: &sink)
            words += 1
            if index + 1 < text.count, text[index] == UInt8(ascii: "'") {
                // Of the possessive nothing is left; other apostrophes part words, since languages differ about them.
                if text[index + 1] | 0x20 == UInt8(ascii: "s"), index + 2 == text.count || !startsWord(text, index + 2) {
                    index += 2
                    break
                }
                guard startsWord(text, index + 1) else { break }
                compound.append(text[index])
                index += 1
            } else if index + 1 < text.count, ASCIIClass.joins(text[index]), startsWord(text, index + 1) {
                isIdentifier = true
                compound.append(text[index])
                index += 1
            } else if index + 2 < text.count, text[index] == UInt8(ascii: ":"), text[index + 1] == UInt8(ascii: ":"), startsWord(text, index + 2) {
                isIdentifier = true
                compound += [text[index], text[index + 1]]
                index += 2
            } else {
                break
            }
        }
        if words == 1, let suffix = suffixLength(text, at: index) {
            compound += text[index..<index + suffix]
            index += suffix
            isIdentifier = true
        }
        if isIdentifier, compound.count <= Self.maximumTermBytes {
            compound.withUnsafeBufferPointer { sink.take(Token(kind: .alias, script: nil, position: first), $0) }
        }
        return index
    }

    /// Of `c++` and `c#`.
    private func suffixLength(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
        guard index < text.count else { return nil }
        let length = text[index] == UInt8(ascii: "#") ? 1 : text[index] == UInt8(ascii: "+") && index + 1 < text.count && text[index + 1] == text[index] ? 2 : 0
        guard length > 0, index + length == text.count || !startsWord(text, index + length) else { return nil }
        return length
    }

    private mutating func takeWord<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into sink: inout Sink) -> Int {
        let from = compound.count
        humps.removeAll(keepingCapacity: true)
        var index = start
        var script: WordScript?
        var hasDigits = false
        var wasLower = false
        while index < text.count {
            let byte = text[index]
            var length = 1
            if byte < 0x80 {
                guard ASCIIClass.isWord(byte) else { break }
                if byte < 0x3A {
                    hasDigits = true
                    wasLower = false
                } else {
                    script = script ?? .latin
                    let isUpper = byte < 0x60
                    if isUpper, index > start, wasLower || (index + 1 < text.count && ASCIIClass.isLower(text[index + 1])), humps.count < Self.maximumHumps {
                        humps.append(compound.count)
                    }
                    wasLower = !isUpper
                }
            } else {
                let (scalar, scalarLength) = decodeScalar(text, at: index)
                let character = CharacterClass.of(scalar)
                guard character.kind == .letter || character.kind == .digit || character.kind == .mark else { break }
                length = scalarLength
                if character.kind == .digit { hasDigits = true } else if script == nil, character.kind == .letter { script = character.script }
                wasLower = false
            }
            if compound.count + length - from <= Self.maximumTermBytes {
                if length == 1 { compound.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) } else { compound += text[index..<index + length] }
            }
            index += length
        }
        compound.withUnsafeBufferPointer { compound in
            sink.take(Token(kind: .word, script: hasDigits ? nil : script, position: position), UnsafeBufferPointer(rebasing: compound[from...]))
            guard !humps.isEmpty else { return }
            for (begin, end) in zip([from] + humps, humps + [compound.count]) where end > begin && end <= compound.count {
                sink.take(Token(kind: .alias, script: .latin, position: position), UnsafeBufferPointer(rebasing: compound[begin..<end]))
            }
        }
        position += 1
        return index
    }

    private func startsWord(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        let byte = text[index]
        if byte < 0x80 { return ASCIIClass.isWord(byte) }
        let kind = CharacterClass.of(decodeScalar(text, at: index).scalar).kind
        return kind == .letter || kind == .digit
    }

    // MARK: words without spaces

    private mutating func takeIdeographs<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into sink: inout Sink) -> Int {
        let isAlone = !isRun(of: .ideograph, text, at: start + decodeScalar(text, at: start).length)
        var index = start
        while true {
            let length = decodeScalar(text, at: index).length
            let next = index + length
            let follows = isRun(of: .ideograph, text, at: next)
            let end = follows ? next + decodeScalar(text, at: next).length : next
            let kind: Token.Kind = isAlone ? .loneIdeograph : follows ? .ideographPair : .lastIdeograph
            sink.take(Token(kind: kind, script: .other, position: position), UnsafeBufferPointer(rebasing: text[index..<end]))
            position += 1
            index = next
            if !follows { return index }
        }
    }

    private mutating func takeUnspaced<Sink: TokenSink>(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into sink: inout Sink) -> Int {
        var end = start
        while isRun(of: .unspaced, text, at: end), end - start < TextFolding.maximumBytes - 4 { end += decodeScalar(text, at: end).length }
        let run = UnsafeBufferPointer(rebasing: text[start..<end])
        var begin = 0
        for boundary in unspaced.ends(in: run) where boundary > begin && boundary <= run.count {
            let word = UnsafeBufferPointer(rebasing: run[begin..<min(boundary, begin + Self.maximumTermBytes / 4 * 3)])
            sink.take(Token(kind: .word, script: .other, position: position), word)
            position += 1
            begin = boundary
        }
        return end
    }

    private func isRun(of kind: CharacterClass.Kind, _ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        index < text.count && text[index] >= 0x80 && CharacterClass.of(decodeScalar(text, at: index).scalar).kind == kind
    }
}

/// What ASCII bytes are to words.
private enum ASCIIClass {
    static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
    static func isWord(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 }

    static func joins(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, 0x5F, 0x2E, 0x40, 0x3A, 0x2F, 0x2B, 0x26, 0x5C: true  // - _ . @ : / + & \
        default: false
        }
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte &- 0x09 < 5
}

/// Of valid UTF-8; what is not valid is a scalar of its own, and no letter.
private func decodeScalar(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(text[index])
    let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard lead < 0x80 || (lead >= 0xC2 && lead < 0xF5), index + length <= text.count else { return (0xFFFD, 1) }
    var scalar = length == 1 ? lead : lead & (0x7F >> UInt32(length))
    for offset in stride(from: 1, to: length, by: 1) {
        let next = UInt32(text[index + offset])
        guard next & 0xC0 == 0x80 else { return (0xFFFD, 1) }
        scalar = scalar << 6 | next & 0x3F
    }
    return (scalar, length)
}
