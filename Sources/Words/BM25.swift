import Glibc

/// How passages are ranked: Robertson's BM25, with the inverse frequency that is never negative (as Lucene has it).
///
///     Σ ln(1 + (N − n + ½) / (n + ½)) · f · (k1 + 1) / (f + k1 · (1 − b + b · length / average length))
package struct BM25: Sendable, Equatable {
    /// How soon a term's repetitions stop to count.
    package let k1: Double
    /// How much a passage's length counts: 0 not at all, 1 in full.
    package let b: Double

    package init(k1: Double, b: Double) {
        self.k1 = k1
        self.b = b
    }

    /// Chosen on Cranfield's odd queries: the middle of where they do best (k1 1.8 to 2.6, b 0.65 to 0.75: 0.371 to 0.379).
    package static let standard = BM25(k1: 2.2, b: 0.65)
}

/// What ranking has to know of all passages that are searched. Of two sets of documents that share none, they add up.
package struct WordStatistics: Sendable, Equatable {
    package private(set) var passages: Int
    /// The lengths of all passages, in words.
    package private(set) var words: Int
    /// By term of the query: how many passages have it; those that have several of its forms count for each.
    package private(set) var frequencies: [Int]

    package init(passages: Int, words: Int, frequencies: [Int]) {
        self.passages = passages
        self.words = words
        self.frequencies = frequencies
    }

    package static func += (sum: inout Self, other: Self) {
        sum.passages += other.passages
        sum.words += other.words
        for index in sum.frequencies.indices where index < other.frequencies.count { sum.frequencies[index] += other.frequencies[index] }
    }

    mutating func add(lengths: [UInt32]) {
        passages += lengths.count
        for length in lengths { words += Int(length) }
    }

    mutating func add(frequency: Int, of term: Int) {
        frequencies[term] += frequency
    }
}

/// BM25 of one query over one set of passages, in single precision: what is computed the same way is equal to the last bit, wherever it is computed.
struct WordWeights {
    /// By term of the query.
    let weights: [Float]
    /// The order in which a passage's terms are added up: rarest first.
    let order: [Int]
    private let base: Double
    private let perWord: Double

    init(_ query: WordQuery, _ statistics: WordStatistics, _ parameters: BM25) {
        let total = Double(statistics.passages)
        let average = max(Double(statistics.words) / max(total, 1), 1)
        base = parameters.k1 * (1 - parameters.b)
        perWord = parameters.k1 * parameters.b / average
        let inverse = statistics.frequencies.map { frequency in
            let frequency = min(Double(frequency), total)
            return log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        }
        weights = inverse.indices.map { Float(inverse[$0] * (parameters.k1 + 1) * Double(max(query.counts[$0], 1))) }
        order = inverse.indices.sorted { (inverse[$1], $0) < (inverse[$0], $1) }
    }

    /// What stands below the fraction besides the frequency. Longer passages count as of the longest length that is told apart.
    func saturation(length: Int) -> Float {
        Float(base + perWord * Double(length))
    }

    /// `[length]`
    func saturations(upTo length: Int) -> [Float] {
        (0...length).map(saturation)
    }

    static let maximumLength = Int(UInt16.max)

    @inline(__always)
    static func part(_ weight: Float, _ frequency: UInt32, _ saturation: Float) -> Float {
        let frequency = Float(frequency)
        return weight * (frequency / (frequency + saturation))
    }
}

/// A passage that has some of a query's terms.
package struct WordHit: Sendable, Equatable {
    /// As the caller named it.
    package let document: Int64
    package let passage: Int32
    package let score: Float

    package init(document: Int64, passage: Int32, score: Float) {
        self.document = document
        self.passage = passage
        self.score = score
    }

    /// Ties are broken by document and passage.
    package static func isBetter(_ one: WordHit, _ other: WordHit) -> Bool {
        if one.score != other.score { return one.score > other.score }
        return (one.document, one.passage) < (other.document, other.passage)
    }
}

/// The best passages so far, at most so many of one document. Documents come whole.
struct TopPassages {
    private let limit: Int
    private let perDocument: Int?
    /// A heap: the worst is first.
    private var heap: [WordHit] = []
    private var ofDocument: [WordHit] = []

    init(limit: Int, perDocument: Int?) {
        self.limit = max(limit, 0)
        self.perDocument = perDocument.map { max($0, 0) }
    }

    /// What scores less cannot be among the best.
    var threshold: Float { limit == 0 ? .infinity : heap.count < limit ? 0 : heap[0].score }

    /// A passage of the document that the next `endDocument` ends.
    mutating func offer(_ hit: WordHit) {
        guard hit.score >= threshold else { return }
        if perDocument == nil { push(hit) } else { ofDocument.append(hit) }
    }

    mutating func endDocument() {
        guard let perDocument, !ofDocument.isEmpty else { return }
        if ofDocument.count > perDocument { ofDocument.sort(by: WordHit.isBetter) }
        for hit in ofDocument.prefix(perDocument) { push(hit) }
        ofDocument.removeAll(keepingCapacity: true)
    }

    /// Best first.
    var hits: [WordHit] { heap.sorted(by: WordHit.isBetter) }

    private mutating func push(_ hit: WordHit) {
        if heap.count < limit {
            heap.append(hit)
            var child = heap.count - 1
            while child > 0, WordHit.isBetter(heap[(child - 1) / 2], heap[child]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if let worst = heap.first, WordHit.isBetter(hit, worst) {
            heap[0] = hit
            var parent = 0
            while true {
                let left = 2 * parent + 1
                guard left < heap.count else { return }
                let worse = left + 1 < heap.count && WordHit.isBetter(heap[left], heap[left + 1]) ? left + 1 : left
                guard WordHit.isBetter(heap[parent], heap[worse]) else { return }
                heap.swapAt(parent, worse)
                parent = worse
            }
        }
    }
}
