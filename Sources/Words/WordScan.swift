/// Searches documents one by one, without an index of them: what few may see, or what has just changed.
///
/// Statistics and scores are of the documents it was given. It keeps what it has to know of passages that have a term of the query, 24 bytes and 8 a term.
package struct WordScan: Sendable {
    private struct Wanted: Sendable {
        let bytes: [UInt8]
        let languages: WordLanguages
        let term: Int
    }

    private struct Found: Sendable {
        let document: Int64
        let passage: Int32
        let length: Int32
        /// `parts[start..<start + count]` are its terms.
        let start: Int
        let count: Int
    }

    private let query: WordQuery
    /// By the order of their bytes.
    private let wanted: [Wanted]
    private let prefixes: [Wanted]
    /// Terms whose positions are needed.
    private let isInPhrase: [Bool]
    package private(set) var statistics: WordStatistics

    private var found: [Found] = []
    private var parts: [(term: UInt32, frequency: UInt32)] = []
    /// Of the document at hand: frequencies by passage and term; its passages that have any; and where its phrases' words stand.
    private var frequencies: [UInt32] = []
    private var touched: [Int] = []
    private var places: [[UInt64]]

    package init(_ query: WordQuery) {
        self.query = query
        let forms = query.terms.enumerated().flatMap { number, term in
            term.forms.map { (term.isPrefix, Wanted(bytes: $0.bytes, languages: $0.languages, term: number)) }
        }
        wanted = forms.filter { !$0.0 }.map(\.1).sorted { one, other in
            one.bytes.withUnsafeBytes { left in other.bytes.withUnsafeBytes { compare(left, $0) } } < 0
        }
        prefixes = forms.filter(\.0).map(\.1)
        isInPhrase = query.terms.indices.map { term in query.phrases.contains { $0.parts.contains { $0.term == term } } }
        statistics = WordStatistics(passages: 0, words: 0, frequencies: [Int](repeating: 0, count: query.termCount))
        places = [[UInt64]](repeating: [], count: query.termCount)
    }

    /// - Parameter terms: as `TermAnalyzer.passageTerms` made them.
    /// - Throws: `.malformedTerms`, `.unknownVersion`; nothing is found afterwards that was not there before.
    package mutating func add(document: Int64, terms: UnsafeRawBufferPointer) throws(WordsError) {
        let terms = try PassageTerms(terms)
        defer { forget() }
        while frequencies.count < terms.lengths.count * query.termCount { frequencies.append(0) }
        var gained = [Int](repeating: 0, count: query.termCount)
        var next = 0
        try terms.forEachTerm { (term, passages) throws(WordsError) in
            // Several words of a query may share a form.
            while next < wanted.count, wanted[next].bytes.withUnsafeBytes({ compare($0, term) }) < 0 { next += 1 }
            var match = next
            while match < wanted.count, wanted[match].bytes.withUnsafeBytes({ compare($0, term) }) == 0 {
                if isMet(wanted[match], terms) { gained[wanted[match].term] += try take(passages, wanted[match].term) }
                match += 1
            }
            for prefix in prefixes where term.count >= prefix.bytes.count && term.starts(with: prefix.bytes) {
                gained[prefix.term] += try take(passages, prefix.term)
            }
        }
        statistics += WordStatistics(passages: terms.lengths.count, words: terms.lengths.reduce(0) { $0 + Int($1) }, frequencies: gained)
        keep(document, terms.lengths)
    }

    private func isMet(_ wanted: Wanted, _ terms: PassageTerms) -> Bool {
        wanted.languages == .all || !wanted.languages.isDisjoint(with: terms.languages)
    }

    /// - Returns: how many passages have it.
    private mutating func take(_ passages: TermPassages, _ term: Int) throws(WordsError) -> Int {
        var count = 0
        try passages.forEach { (passage, frequency, positions) throws(WordsError) in
            count += 1
            let slot = passage * query.termCount + term
            if frequencies[slot] == 0 { touched.append(slot) }
            frequencies[slot] &+= frequency
            guard isInPhrase[term], let base = positions.baseAddress else { return }
            var reader = TrustedReader(base.assumingMemoryBound(to: UInt8.self))
            var position: UInt32 = 0
            for _ in 0..<frequency {
                position &+= reader.varint()
                places[term].append(UInt64(passage) << 32 | UInt64(position))
            }
        }
        return count
    }

    /// Keeps what the document has.
    private mutating func keep(_ document: Int64, _ lengths: [UInt32]) {
        guard !touched.isEmpty else { return }
        let phrases = query.phrases.map { Set(passages(with: $0)) }
        touched.sort()
        var index = 0
        while index < touched.count {
            let passage = touched[index] / query.termCount
            let start = parts.count
            while index < touched.count, touched[index] / query.termCount == passage {
                let term = touched[index] % query.termCount
                let isMet = query.phrases(of: term)?.contains { phrases[$0].contains(UInt32(passage)) } ?? true
                if isMet { parts.append((UInt32(term), frequencies[touched[index]])) }
                index += 1
            }
            guard parts.count > start else { continue }
            let length = min(Int(lengths[passage]), WordWeights.maximumLength)
            found.append(Found(document: document, passage: Int32(passage), length: Int32(length), start: start, count: parts.count - start))
        }
    }

    private func passages(with phrase: WordQuery.Phrase) -> [UInt32] {
        var keys: [UInt64]?
        for part in phrase.parts {
            let those = places[part.term].compactMap { PhraseMatch.key(PhraseMatch.passage($0), UInt32(truncatingIfNeeded: $0), offset: part.offset) }.sorted()
            keys = keys.map { PhraseMatch.intersection($0, those) } ?? those
        }
        return (keys ?? []).map(PhraseMatch.passage)
    }

    private mutating func forget() {
        for slot in touched { frequencies[slot] = 0 }
        touched.removeAll(keepingCapacity: true)
        for term in places.indices where isInPhrase[term] { places[term].removeAll(keepingCapacity: true) }
    }

    // MARK: the best

    /// As `bestPassages`, of the documents it was given.
    package func best(limit: Int, perDocument: Int? = nil, parameters: BM25 = .standard) -> [WordHit] {
        var top = TopPassages(limit: limit, perDocument: perDocument)
        offer(to: &top, WordWeights(query, statistics, parameters))
        return top.hits
    }

    func offer(to top: inout TopPassages, _ weights: WordWeights) {
        var frequencies = [UInt32](repeating: 0, count: query.termCount)
        var document: Int64?
        for passage in found {
            if let document, document != passage.document { top.endDocument() }
            document = passage.document
            for part in parts[passage.start..<passage.start + passage.count] { frequencies[Int(part.term)] = part.frequency }
            let saturation = weights.saturation(length: Int(passage.length))
            var score: Float = 0
            for term in weights.order where frequencies[term] > 0 {
                score += WordWeights.part(weights.weights[term], frequencies[term], saturation)
                frequencies[term] = 0
            }
            top.offer(WordHit(document: passage.document, passage: passage.passage, score: score))
        }
        top.endDocument()
    }
}
