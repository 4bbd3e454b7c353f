/// A segment as one search may look at it.
package struct WordPart: Sendable {
    let segment: WordSegment
    /// Documents that may be found, by ordinal.
    let visible: DocumentMask
    /// What a document is called in hits, by ordinal; nothing: by its ordinal.
    let names: [Int64]?

    package init(_ segment: WordSegment, visible: DocumentMask, names: [Int64]? = nil) {
        self.segment = segment
        self.visible = visible
        self.names = names
    }
}

/// The best passages of many segments, and of documents that are in none yet.
///
/// - Parameters:
///   - beside: a scan of the same query over other documents, of which all may be found, by the same names.
///   - limit: so many, wherever so many visible passages have a term; in the order of their scores, then of documents and passages.
///   - perDocument: at most so many of one document; nothing: any number.
package func bestPassages(
    for query: WordQuery, in parts: [WordPart], beside scan: WordScan? = nil, limit: Int, perDocument: Int? = nil, parameters: BM25 = .standard
) -> [WordHit] {
    guard !query.isEmpty else { return [] }
    let found = parts.map { $0.segment.find(query) }
    var statistics = scan?.statistics ?? WordStatistics(passages: 0, words: 0, frequencies: [Int](repeating: 0, count: query.termCount))
    for (part, found) in zip(parts, found) { statistics += part.segment.statistics(found) }
    let weights = WordWeights(query, statistics, parameters)
    var top = TopPassages(limit: limit, perDocument: perDocument)
    scan?.offer(to: &top, weights)
    var scoring = SegmentScoring(query: query, weights: weights)
    for (part, found) in zip(parts, found) where found.contains(where: { !$0.isEmpty }) { scoring.run(part, found, &top) }
    return top.hits
}

/// The same of segments whose ordinals go on from one to the next.
package func bestPassages(
    for query: WordQuery, in segments: [WordSegment], visible: DocumentMask, beside scan: WordScan? = nil, limit: Int, perDocument: Int? = nil,
    parameters: BM25 = .standard
) -> [WordHit] {
    bestPassages(
        for: query, in: segments.map { WordPart($0, visible: visible) }, beside: scan, limit: limit, perDocument: perDocument, parameters: parameters)
}

/// Adds scores up, term by term, one segment after another.
private struct SegmentScoring {
    let query: WordQuery
    let weights: WordWeights
    private var saturations: [Float] = []
    /// By passage of the segment.
    private var scores: [Float] = []
    /// Of a term with several forms, by passage.
    private var frequencies: [UInt32] = []

    init(query: WordQuery, weights: WordWeights) {
        self.query = query
        self.weights = weights
    }

    mutating func run(_ part: WordPart, _ found: [[Int]], _ top: inout TopPassages) {
        let segment = part.segment
        if saturations.count <= segment.longest { saturations = weights.saturations(upTo: segment.longest) }
        scores.removeAll(keepingCapacity: true)
        scores.append(contentsOf: repeatElement(0, count: segment.passageCount))
        let phrases = query.phrases.map { PassageSet(segment.passages(with: $0, found), count: segment.passageCount) }
        for term in weights.order {
            let lists = found[term]
            let within = query.phrases(of: term).map { PassageSet(union: $0.map { phrases[$0] }, count: segment.passageCount) }
            if lists.count == 1, within == nil {
                add(segment, lists[0], weights.weights[term])
            } else if !lists.isEmpty {
                add(segment, lists, weights.weights[term], within: within)
            }
        }
        collect(part, &top)
    }

    /// A term of one form: most are.
    private mutating func add(_ segment: WordSegment, _ list: Int, _ weight: Float) {
        let count = segment.frequencies[list]
        scores.withUnsafeMutableBufferPointer { scores in
            saturations.withUnsafeBufferPointer { saturations in
                segment.lengths.withUnsafeBufferPointer { lengths in
                    segment.withPostings(list) { reader in
                        var reader = reader
                        var passage = -1
                        for _ in 0..<count {
                            let step = reader.varint()
                            passage += Int(step >> 1)
                            let frequency = step & 1 == 0 ? 1 : reader.varint() + 2
                            scores[passage] += WordWeights.part(weight, frequency, saturations[Int(lengths[passage])])
                        }
                    }
                }
            }
        }
    }

    /// Forms count as one word.
    private mutating func add(_ segment: WordSegment, _ lists: [Int], _ weight: Float, within: PassageSet?) {
        frequencies.removeAll(keepingCapacity: true)
        frequencies.append(contentsOf: repeatElement(0, count: segment.passageCount))
        var passages: [Int] = []
        for list in lists {
            segment.forEachPosting(list) { passage, frequency in
                guard within.map({ $0.contains(passage) }) ?? true else { return }
                if frequencies[passage] == 0 { passages.append(passage) }
                frequencies[passage] &+= frequency
            }
        }
        for passage in passages {
            scores[passage] += WordWeights.part(weight, frequencies[passage], saturations[Int(segment.lengths[passage])])
        }
    }

    private func collect(_ part: WordPart, _ top: inout TopPassages) {
        let segment = part.segment
        scores.withUnsafeBufferPointer { scores in
            for (document, ordinal) in segment.ordinals.enumerated() where part.visible.contains(ordinal) {
                let first = Int(segment.firstPassages[document])
                for passage in first..<Int(segment.firstPassages[document + 1]) where scores[passage] > 0 && scores[passage] >= top.threshold {
                    top.offer(WordHit(document: part.names?[Int(ordinal)] ?? Int64(ordinal), passage: Int32(passage - first), score: scores[passage]))
                }
                top.endDocument()
            }
        }
    }
}

/// Passages of a segment: one bit each.
private struct PassageSet {
    private var bits: [UInt64]

    init(_ passages: [UInt32], count: Int) {
        bits = [UInt64](repeating: 0, count: (count + 63) / 64)
        for passage in passages { bits[Int(passage) / 64] |= 1 << UInt64(passage % 64) }
    }

    init(union sets: [PassageSet], count: Int) {
        bits = [UInt64](repeating: 0, count: (count + 63) / 64)
        for set in sets { for index in bits.indices { bits[index] |= set.bits[index] } }
    }

    func contains(_ passage: Int) -> Bool { bits[passage >> 6] & (1 << UInt64(passage & 63)) != 0 }
}

extension WordSegment {
    @inline(__always)
    fileprivate func withPostings(_ list: Int, _ body: (TrustedReader) -> Void) {
        postings.withUnsafeBufferPointer { if let base = $0.baseAddress { body(TrustedReader(base + Int(postingStarts[list]))) } }
    }

    /// - Parameter body: passage, frequency.
    @inline(__always)
    fileprivate func forEachPosting(_ list: Int, _ body: (Int, UInt32) -> Void) {
        withPostings(list) { reader in
            var reader = reader
            var passage = -1
            for _ in 0..<frequencies[list] {
                let step = reader.varint()
                passage += Int(step >> 1)
                body(passage, step & 1 == 0 ? 1 : reader.varint() + 2)
            }
        }
    }

    /// Passages where a phrase stands.
    fileprivate func passages(with phrase: WordQuery.Phrase, _ found: [[Int]]) -> [UInt32] {
        let rarestFirst = phrase.parts.sorted { one, other in
            found[one.term].reduce(0) { $0 + frequencies[$1] } < found[other.term].reduce(0) { $0 + frequencies[$1] }
        }
        var keys: [UInt64]?
        for part in rarestFirst {
            let those = places(of: found[part.term], offset: part.offset, amongPassagesOf: keys)
            keys = keys.map { PhraseMatch.intersection($0, those) } ?? those
            if keys?.isEmpty == true { return [] }
        }
        return (keys ?? []).map(PhraseMatch.passage)
    }

    /// Where a phrase would begin whose word at `offset` is one of these: ascending.
    private func places(of lists: [Int], offset: UInt32, amongPassagesOf keys: [UInt64]?) -> [UInt64] {
        var places: [UInt64] = []
        for list in lists {
            positions.withUnsafeBufferPointer { positions in
                postings.withUnsafeBufferPointer { postings in
                    guard let position = positions.baseAddress, let posting = postings.baseAddress else { return }
                    var cursor = PostingCursor(self, list, posting, position)
                    if let keys {
                        for key in keys where PhraseMatch.passage(key) != cursor.asked {
                            if cursor.advance(to: PhraseMatch.passage(key)) { cursor.appendPlaces(offset, to: &places) }
                        }
                    } else {
                        while cursor.advance() { cursor.appendPlaces(offset, to: &places) }
                    }
                }
            }
        }
        if lists.count > 1 { places.sort() }
        return places
    }
}

/// Walks a term's postings and their positions together, and passes over those that nobody asks for.
private struct PostingCursor {
    private let segment: WordSegment
    private let postingBase: UnsafePointer<UInt8>
    private let positionBase: UnsafePointer<UInt8>
    private var postings: TrustedReader
    private var positions: TrustedReader
    private let skips: Range<Int>
    private var skip: Int
    /// Postings that are not read yet.
    private var left: Int
    private let count: Int
    private var passage = -1
    /// Positions of this passage that are not read yet.
    private var unread: UInt32 = 0
    /// The passage last asked for.
    private(set) var asked: UInt32?

    init(_ segment: WordSegment, _ list: Int, _ postingBase: UnsafePointer<UInt8>, _ positionBase: UnsafePointer<UInt8>) {
        self.segment = segment
        self.postingBase = postingBase
        self.positionBase = positionBase
        postings = TrustedReader(postingBase + Int(segment.postingStarts[list]))
        positions = TrustedReader(positionBase + Int(segment.positionStarts[list]))
        skips = Int(segment.skipStarts[list])..<Int(segment.skipStarts[list + 1])
        skip = skips.lowerBound
        count = Int(segment.frequencies[list])
        left = count
    }

    mutating func advance() -> Bool {
        guard left > 0 else { return false }
        positions.skip(unread)
        let step = postings.varint()
        passage += Int(step >> 1)
        unread = step & 1 == 0 ? 1 : postings.varint() + 2
        left -= 1
        return true
    }

    /// Passages are asked for in ascending order.
    mutating func advance(to wanted: UInt32) -> Bool {
        asked = wanted
        let before = skip
        while skip < skips.upperBound, segment.skips[skip].next <= wanted { skip += 1 }
        if skip > before {
            let remaining = count - (skip - skips.lowerBound) * WordSegment.Skip.distance
            if remaining < left {
                let start = segment.skips[skip - 1]
                postings = TrustedReader(postingBase + Int(start.posting))
                positions = TrustedReader(positionBase + Int(start.position))
                passage = Int(start.next) - 1
                unread = 0
                left = remaining
            }
        }
        while passage < wanted { guard advance() else { return false } }
        return passage == wanted
    }

    mutating func appendPlaces(_ offset: UInt32, to places: inout [UInt64]) {
        var position: UInt32 = 0
        for _ in 0..<unread {
            position &+= positions.varint()
            if let key = PhraseMatch.key(UInt32(passage), position, offset: offset) { places.append(key) }
        }
        unread = 0
    }
}
