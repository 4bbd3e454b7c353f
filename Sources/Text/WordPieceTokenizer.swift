/// BERT's uncased WordPiece tokenizer, piece for piece as the reference (Hugging Face `tokenizers`) has it.
package struct WordPieceTokenizer: Tokenizer {
    /// Why a vocabulary cannot be used.
    package enum VocabularyError: Error {
        /// `[CLS]`, `[SEP]`, `[UNK]`, `[PAD]` or `[MASK]` is not among the pieces.
        case specialTokenMissing
    }

    private let folding = WordPieceFolding()
    private let vocabulary: WordPieceVocabulary
    private let classification: Int32
    private let separator: Int32
    private let unknown: Int32
    /// Literal in a text these are the tokens themselves, as in the reference, which takes them out before it folds.
    private let specials: [(bytes: [UInt8], id: Int32)]

    /// How many pieces the vocabulary has; ids are below.
    package var vocabularyCount: Int { vocabulary.count }

    /// - Parameter vocabulary: the content of `vocab.txt`, one piece a line.
    package init(vocabulary file: [UInt8]) throws(VocabularyError) {
        vocabulary = WordPieceVocabulary(lines: file.span)
        let names: [StaticString] = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"]
        var specials: [(bytes: [UInt8], id: Int32)] = []
        for name in names {
            guard let id = vocabulary.id(of: name) else { throw .specialTokenMissing }
            specials.append((name.withUTF8Buffer { Array($0) }, id))
        }
        (classification, separator, unknown) = (specials[0].id, specials[1].id, specials[2].id)
        self.specials = specials
    }

    /// The ids of a text between `[CLS]` and `[SEP]`, at most `limit` in all: what is past is cut off.
    package func encode(_ utf8: Span<UInt8>, limit: Int) -> [Int32] {
        var ids: [Int32] = [classification]
        let room = max(0, limit - 2)
        scan(utf8) { _, word in
            switch word {
            case .special(let id): ids.append(id)
            case .folded(let word): forEachPiece(of: word) { ids.append($0) }
            }
            return ids.count <= room
        }
        if ids.count > room + 1 { ids.removeLast(ids.count - room - 1) }
        ids.append(separator)
        return ids
    }

    /// The ids of a whole text; see the other.
    package func encode(_ utf8: [UInt8], limit: Int) -> [Int32] {
        encode(utf8.span, limit: limit)
    }

    package func forEachWord(in utf8: Span<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        scan(utf8) { range, word in
            var pieces = 0
            switch word {
            case .special: pieces = 1
            case .folded(let word): forEachPiece(of: word) { _ in pieces += 1 }
            }
            body(range, pieces)
            return true
        }
    }

    private enum Word {
        case special(Int32)
        case folded(WordPieceWord)
    }

    /// Greedy, longest piece first; a word that does not come out even, or is too long, is one `[UNK]`.
    private func forEachPiece(of word: WordPieceWord, _ body: (Int32) -> Void) {
        guard !word.isTooLong else { return body(unknown) }
        let bytes = word.bytes.span
        guard let first = vocabulary.longestPiece(of: bytes, from: 0, place: .beginning) else { return body(unknown) }
        if first.end == bytes.count { return body(first.id) }
        var ids = [first.id]
        var start = first.end
        while start < bytes.count {
            guard let piece = vocabulary.longestPiece(of: bytes, from: start, place: .continuation) else { return body(unknown) }
            ids.append(piece.id)
            start = piece.end
        }
        for id in ids { body(id) }
    }

    /// Calls `body` with every word in order until it returns false.
    private func scan(_ utf8: Span<UInt8>, _ body: (Range<Int>, Word) -> Bool) {
        var word = WordPieceWord()
        func flush() -> Bool {
            guard !word.isEmpty else { return true }
            defer { word.removeAll() }
            return body(word.range, .folded(word))
        }
        var index = 0
        while index < utf8.count {
            let start = index
            if utf8[start] == UInt8(ascii: "["), let special = special(in: utf8, at: start) {
                index = start + special.bytes.count
                guard flush(), body(start..<index, .special(special.id)) else { return }
                continue
            }
            let scalar = utf8.decodeScalar(at: &index)
            let entry = folding[scalar]
            switch entry.kind {
            case .letter: word.append(entry.target, from: start..<index)
            case .space: guard flush() else { return }
            case .isolated:
                guard flush() else { return }
                word.append(entry.target, from: start..<index)
                guard flush() else { return }
            case .dropped: break
            case .droppedMark: word.endMarks()
            case .mark: word.append(mark: entry.target, from: start..<index)
            case .sequence: appendSequence(at: Int(entry.target), from: start..<index, to: &word)
            case .hangul: appendHangul(scalar, from: start..<index, to: &word)
            }
        }
        _ = flush()
    }

    private func special(in utf8: Span<UInt8>, at start: Int) -> (bytes: [UInt8], id: Int32)? {
        specials.first { special in
            guard start + special.bytes.count <= utf8.count else { return false }
            for offset in special.bytes.indices where utf8[start + offset] != special.bytes[offset] { return false }
            return true
        }
    }

    private func appendSequence(at position: Int, from source: Range<Int>, to word: inout WordPieceWord) {
        for offset in 1...Int(WordPieceFolding.sequences[position]) {
            let scalar = WordPieceFolding.sequences[position + offset]
            if WordPieceFolding.combiningClass(scalar) > 0 {
                word.append(mark: scalar, from: source)
            } else {
                word.append(scalar, from: source)
            }
        }
    }

    /// The Unicode Standard's arithmetic decomposition (3.12): 588 syllables a leading consonant, 28 a vowel.
    private func appendHangul(_ scalar: UInt32, from source: Range<Int>, to word: inout WordPieceWord) {
        let index = scalar - 0xac00
        word.append(0x1100 + index / 588, from: source)
        word.append(0x1161 + index % 588 / 28, from: source)
        if index % 28 > 0 { word.append(0x11a7 + index % 28, from: source) }
    }
}
