/// The words of many documents, the other way round: for each term the passages that have it. Immutable, in memory, safe to share.
///
/// Made for some 65,536 passages: their scores then fit a processor's cache. Of more documents there are more segments; their statistics add up, and the
/// best of all are the best of each. Documents are removed by leaving them out of the mask; their terms count in the statistics until the segment is
/// built anew. Takes some 420 bytes a passage of 140 words.
package final class WordSegment: Sendable {
    /// By document of the segment: the ordinal the caller gave it, and its first passage of the segment's; a last one past the end.
    let ordinals: [Int32]
    let firstPassages: [UInt32]
    /// Each passage's length in words, cut at what 16 bits tell apart.
    let lengths: [UInt16]
    let longest: Int
    let languages: WordLanguages
    private let words: Int

    /// Terms by the order of their bytes: `termStarts[n]..<termStarts[n + 1]` of `termBytes`.
    private let termBytes: [UInt8]
    private let termStarts: [UInt32]
    /// How many passages have a term, and where its postings and their positions begin.
    let frequencies: [UInt32]
    let postingStarts: [UInt32]
    let positionStarts: [UInt32]
    /// A posting: the distance to the passage before, times two, plus one if a frequency (less two) follows; it is one otherwise. Varints.
    let postings: [UInt8]
    /// Where a reader may begin in the middle of a term's postings: one for every so many of them.
    struct Skip: Sendable {
        /// A twelfth of a byte a posting.
        static let distance = 128

        /// One past the last passage before.
        let next: UInt32
        let posting: UInt32
        let position: UInt32
    }

    /// `skips[skipStarts[n]..<skipStarts[n + 1]]` are term `n`'s.
    let skipStarts: [UInt32]
    let skips: [Skip]
    /// As many distances of positions for each posting as its frequency says. Varints.
    let positions: [UInt8]

    /// - Parameter documents: ordinals ascending, no two alike; terms as `TermAnalyzer.passageTerms` made them.
    /// - Throws: `.malformedTerms`, `.unknownVersion`; `.segmentTooLarge` past two gigabytes.
    package convenience init(documents: [(ordinal: Int32, terms: [UInt8])]) throws(WordsError) {
        var builder = WordSegmentBuilder()
        for document in documents {
            try document.terms.withUnsafeBufferPointer { (bytes) throws(WordsError) in
                try builder.count(UnsafeRawBufferPointer(bytes), ordinal: document.ordinal)
            }
        }
        try builder.layOut()
        for document in documents {
            try document.terms.withUnsafeBufferPointer { (bytes) throws(WordsError) in try builder.write(UnsafeRawBufferPointer(bytes)) }
        }
        self.init(builder)
    }

    private init(_ built: borrowing WordSegmentBuilder) {
        ordinals = built.ordinals
        firstPassages = built.firstPassages
        lengths = built.lengths
        longest = Int(built.lengths.max() ?? 0)
        languages = built.languages
        words = built.words
        termBytes = built.termBytes
        termStarts = built.termStarts
        frequencies = built.sortedFrequencies
        postingStarts = built.postingStarts
        positionStarts = built.positionStarts
        skipStarts = built.skipStarts
        skips = built.skips
        postings = built.postings
        positions = built.positions
    }

    package var passageCount: Int { lengths.count }
    package var documentCount: Int { ordinals.count }
    package var termCount: Int { frequencies.count }

    /// What it takes of memory.
    package var byteCount: Int {
        termBytes.count + postings.count + positions.count + 2 * lengths.count + 4 * (ordinals.count + firstPassages.count + 3 * skips.count)
            + 4 * (termStarts.count + frequencies.count + postingStarts.count + positionStarts.count + skipStarts.count)
    }

    // MARK: dictionary

    /// The terms that are a form of each of the query's.
    func find(_ query: WordQuery) -> [[Int]] {
        query.terms.map { term in
            var found: [Int] = []
            for form in term.forms where form.languages == .all || !form.languages.isDisjoint(with: languages) {
                if term.isPrefix {
                    found += firstTerm { compare($0, form.bytes) >= 0 }..<firstTerm { compare($0.prefix(form.bytes.count), form.bytes) > 0 }
                } else {
                    let index = firstTerm { compare($0, form.bytes) >= 0 }
                    if index < termCount, withTerm(index, { compare($0, form.bytes) == 0 }) { found.append(index) }
                }
            }
            return found
        }
    }

    func statistics(_ found: [[Int]]) -> WordStatistics {
        WordStatistics(passages: passageCount, words: words, frequencies: found.map { $0.reduce(0) { $0 + Int(frequencies[$1]) } })
    }

    /// The first term of which something holds that holds of all behind it.
    private func firstTerm(_ holds: (UnsafeRawBufferPointer) -> Bool) -> Int {
        var range = 0..<termCount
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = withTerm(middle, holds) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }

    private func withTerm<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        termBytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[Int(termStarts[index])..<Int(termStarts[index + 1])])) }
    }
}

private func compare(_ one: UnsafeRawBufferPointer, _ other: [UInt8]) -> Int {
    other.withUnsafeBytes { compare(one, $0) }
}

private func compare(_ one: Slice<UnsafeRawBufferPointer>, _ other: [UInt8]) -> Int {
    compare(UnsafeRawBufferPointer(rebasing: one), other)
}
