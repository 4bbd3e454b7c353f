/// Gathers the terms of one document after another, and writes them as they are stored. Belongs to one thread at a time.
struct TermCollector: TokenSink {
    private struct Occurrence {
        let term: UInt32
        let passage: UInt32
        let position: UInt32
    }

    /// Words stay known from one document to the next: a stem takes 0.4 µs to compute, to look up a tenth. Past this many all are forgotten.
    private static let maximumTerms = 1 << 17
    private static let unknown = UInt32.max

    private var lexicon = Lexicon()
    /// The term of each word's stem, by language.
    private var stems = [[UInt32]](repeating: [], count: WordLanguage.allCases.count)
    private var stemmers = [Stemmer?](repeating: nil, count: WordLanguage.allCases.count)
    /// How often each term comes in this document.
    private var frequencies: [UInt32] = []

    private var occurrences: [Occurrence] = []
    private var lengths: [UInt32] = []
    private var languages: WordLanguages = []
    private var language: WordLanguage?
    private var passage: UInt32 = 0

    /// The terms of a document, stored form.
    mutating func document(_ passages: [[UInt8]], _ language: WordLanguage?, _ tokenizer: inout Tokenizer) -> [UInt8] {
        if lexicon.count > Self.maximumTerms { forget() }
        occurrences.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        languages = []
        self.language = language
        for (index, text) in passages.enumerated() {
            passage = UInt32(index)
            lengths.append(UInt32(text.withUnsafeBufferPointer { tokenizer.tokenize($0, into: &self) }))
        }
        return encoded()
    }

    mutating func take(_ token: Token, _ term: UnsafeBufferPointer<UInt8>) {
        let word = UInt32(lexicon.number(of: UnsafeRawBufferPointer(term)))
        guard let script = token.script else { return append(word, token) }
        let language = WordLanguage.of(script, in: language)
        languages.insert(WordLanguages(language))
        let stem = language == .unstemmed ? word : stem(of: word, term, language)
        append(stem, token)
        if stem != word { append(word, token) }
    }

    private mutating func append(_ term: UInt32, _ token: Token) {
        occurrences.append(Occurrence(term: term, passage: passage, position: UInt32(truncatingIfNeeded: token.position)))
    }

    private mutating func stem(of word: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, _ language: WordLanguage) -> UInt32 {
        let index = Int(language.rawValue)
        if stems[index].count > Int(word), stems[index][Int(word)] != Self.unknown { return stems[index][Int(word)] }
        if stemmers[index] == nil { stemmers[index] = Stemmer(language) }
        let number = stemmers[index]?.withStem(of: bytes) { UInt32(lexicon.number(of: UnsafeRawBufferPointer($0))) } ?? word
        while stems[index].count <= Int(word) { stems[index].append(Self.unknown) }
        stems[index][Int(word)] = number
        return number
    }

    private mutating func forget() {
        lexicon.removeAll()
        for index in stems.indices { stems[index].removeAll(keepingCapacity: true) }
        frequencies.removeAll(keepingCapacity: true)
    }

    private mutating func encoded() -> [UInt8] {
        var bytes: [UInt8] = [PassageTerms.version]
        bytes.reserveCapacity(64 + occurrences.count * 6)
        bytes.appendVarint(languages.rawValue)
        bytes.appendVarint(UInt32(lengths.count))
        for length in lengths { bytes.appendVarint(length) }

        while frequencies.count < lexicon.count { frequencies.append(0) }
        var distinct: [UInt32] = []
        for occurrence in occurrences {
            if frequencies[Int(occurrence.term)] == 0 { distinct.append(occurrence.term) }
            frequencies[Int(occurrence.term)] += 1
        }
        distinct = lexicon.sorted(distinct)
        // Occurrences by term, in the order of the text; frequencies become where each term's end, and at last nothing again.
        var end: UInt32 = 0
        for term in distinct {
            let frequency = frequencies[Int(term)]
            frequencies[Int(term)] = end
            end += frequency
        }
        var ordered = [Occurrence](repeating: Occurrence(term: 0, passage: 0, position: 0), count: occurrences.count)
        for occurrence in occurrences {
            ordered[Int(frequencies[Int(occurrence.term)])] = occurrence
            frequencies[Int(occurrence.term)] += 1
        }
        bytes.appendVarint(UInt32(distinct.count))
        var start = 0
        var previous: UInt32?
        var body: [UInt8] = []
        for term in distinct {
            let end = Int(frequencies[Int(term)])
            frequencies[Int(term)] = 0
            appendTerm(term, after: previous, to: &bytes)
            body.removeAll(keepingCapacity: true)
            Self.append(ordered[start..<end], to: &body)
            bytes.appendVarint(UInt32(body.count))
            bytes.append(contentsOf: body)
            start = end
            previous = term
        }
        return bytes
    }

    private func appendTerm(_ term: UInt32, after previous: UInt32?, to bytes: inout [UInt8]) {
        lexicon.withTerm(Int(term)) { own in
            var shared = 0
            if let previous {
                lexicon.withTerm(Int(previous)) { before in
                    while shared < before.count, shared < own.count, before[shared] == own[shared] { shared += 1 }
                }
            }
            bytes.appendVarint(UInt32(shared))
            bytes.appendVarint(UInt32(own.count - shared))
            bytes.append(contentsOf: own[shared...])
        }
    }

    private static func append(_ occurrences: ArraySlice<Occurrence>, to body: inout [UInt8]) {
        var index = occurrences.startIndex
        var passageBefore: UInt32?
        while index < occurrences.endIndex {
            let passage = occurrences[index].passage
            var end = index
            while end < occurrences.endIndex, occurrences[end].passage == passage { end += 1 }
            body.appendVarint(passageBefore.map { passage - $0 } ?? passage)
            body.appendVarint(UInt32(end - index))
            var before: UInt32 = 0
            for position in occurrences[index..<end].map(\.position) {
                // An alias may come after words that stand behind it; the same term never does.
                body.appendVarint(position >= before ? position - before : 0)
                before = max(before, position)
            }
            passageBefore = passage
            index = end
        }
    }
}
