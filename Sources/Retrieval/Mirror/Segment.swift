import Words

/// Documents of one tenant and generation, by ordinals: in order of their access lists, so that what an asker may see is a few runs of memory.
///
/// Immutable. Their words are kept by the same ordinals.
package struct Segment: Sendable {
    /// Identifiers by ordinal.
    package let documents: [Int64]
    /// Distinct, ascending.
    let lists: [Int64]
    /// Where each list's documents begin, and where the last one's end.
    let listStarts: [Int32]
    /// Where each document's passages begin among the codes, and where the last one's end.
    let passageStarts: [Int32]
    let codes: Codes
    /// Nothing where what is stored of them is not what was written.
    let words: WordSegment?
    /// Each document's words as they are stored, by ordinal, for the segment that this one is merged into; nothing where it never is.
    let terms: [[UInt8]]?
    /// Ordinals in ascending order of identifiers, and these.
    private let ordinals: [Int32]
    private let identifiers: [Int64]

    /// - Parameter entries: distinct documents with the ranges of their passages among `codes`.
    init(_ entries: [SegmentBuilder.Entry], _ codes: Codes, _ termsByDocument: [Int64: [UInt8]]) {
        let sorted = entries.sorted { ($0.list, $0.document) < ($1.list, $1.document) }
        var ordered = Codes(dimension: codes.dimension)
        ordered.reserve(codes.count)
        var (lists, listStarts, passageStarts): ([Int64], [Int32], [Int32]) = ([], [], [])
        passageStarts.reserveCapacity(sorted.count + 1)
        for (ordinal, entry) in sorted.enumerated() {
            if lists.last != entry.list {
                lists.append(entry.list)
                listStarts.append(Int32(ordinal))
            }
            passageStarts.append(Int32(ordered.count))
            ordered.append(codes, entry.passages)
        }
        documents = sorted.map(\.document)
        self.lists = lists
        self.listStarts = listStarts + [Int32(sorted.count)]
        self.passageStarts = passageStarts + [Int32(ordered.count)]
        self.codes = ordered
        let terms = sorted.map { termsByDocument[$0.document] ?? [] }
        words = try? WordSegment(documents: terms.enumerated().filter { !$1.isEmpty }.map { (ordinal: Int32($0), terms: $1) })
        self.terms = codes.count < Mirror.fullPassages ? terms : nil
        let documents = documents
        ordinals = (0..<Int32(sorted.count)).sorted { documents[Int($0)] < documents[Int($1)] }
        identifiers = ordinals.map { documents[Int($0)] }
    }

    package var passageCount: Int { codes.count }
    /// Whether it is never merged into another.
    var isSealed: Bool { terms == nil }

    package var byteCount: Int {
        (words?.byteCount ?? 0) + (terms?.reduce(0) { $0 + $1.count } ?? 0) + codes.byteCount
            + documents.count * (2 * MemoryLayout<Int64>.stride + 2 * MemoryLayout<Int32>.stride) + lists.count * 12
    }

    /// The documents of these access lists.
    /// - Parameter allowed: ascending.
    package func runs(of allowed: [Int64]) -> OrdinalRuns {
        var runs = OrdinalRuns()
        var (mine, theirs) = (0, 0)
        while true {
            guard theirs < allowed.count else { return runs }
            mine = lists.partition(from: mine, before: allowed[theirs])
            guard mine < lists.count else { return runs }
            theirs = allowed.partition(from: theirs, before: lists[mine])
            if theirs < allowed.count, allowed[theirs] == lists[mine] {
                runs.append(listStarts[mine]..<listStarts[mine + 1])
                mine += 1
                theirs += 1
            }
        }
    }

    /// The ordinals of those of the documents that are in here, ascending.
    /// - Parameter identifiers: ascending.
    package func ordinals(of documents: [Int64]) -> [Int32] {
        var found: [Int32] = []
        var next = 0
        for document in documents {
            next = identifiers.partition(from: next, before: document)
            guard next < identifiers.count else { break }
            if identifiers[next] == document { found.append(ordinals[next]) }
        }
        return found.sorted()
    }

    func entry(_ ordinal: Int) -> SegmentBuilder.Entry {
        let list = lists[listStarts.partition(from: 0, before: Int32(ordinal) + 1) - 1]
        return SegmentBuilder.Entry(document: documents[ordinal], list: list, passages: passages(ordinal))
    }

    func passageCount(of runs: OrdinalRuns) -> Int {
        runs.ranges.reduce(0) { $0 + Int(passageStarts[Int($1.upperBound)] - passageStarts[Int($1.lowerBound)]) }
    }

    func passages(_ ordinal: Int) -> Range<Int> {
        Int(passageStarts[ordinal])..<Int(passageStarts[ordinal + 1])
    }
}

/// Gathers documents for a segment.
package struct SegmentBuilder: Sendable {
    struct Entry: Sendable {
        let document: Int64
        let list: Int64
        let passages: Range<Int>
    }

    private var entries: [Entry] = []
    private var codes: Codes
    private var terms: [Int64: [UInt8]] = [:]
    private var termBytes = 0

    package init(dimension: Int) {
        codes = Codes(dimension: dimension)
    }

    package var dimension: Int { codes.dimension }
    package var passageCount: Int { codes.count }
    package var byteCount: Int { termBytes + codes.byteCount + entries.count * MemoryLayout<Entry>.stride }

    /// Adds passages of a document: of the one added last, or of one that is not in here.
    /// - Parameter vectors: `[passages][dimension]`.
    package mutating func append(document: Int64, list: Int64, vectors: [Float]) {
        let start = codes.count
        codes.append(vectors[...])
        if let last = entries.last, last.document == document {
            entries[entries.count - 1] = Entry(document: document, list: last.list, passages: last.passages.lowerBound..<codes.count)
        } else {
            entries.append(Entry(document: document, list: list, passages: start..<codes.count))
        }
    }

    /// The documents that were added.
    package var documents: [Int64] { entries.map(\.document) }

    /// Adds a document's words, as ingestion stored them.
    package mutating func append(terms: [UInt8], of document: Int64) {
        termBytes += terms.count
        self.terms[document] = terms
    }

    /// Adds what is left of another segment, which is not sealed.
    /// - Parameter removed: ordinals, ascending.
    mutating func append(_ segment: Segment, without removed: [Int32]) {
        var next = 0
        for ordinal in segment.documents.indices {
            if next < removed.count, removed[next] == ordinal {
                next += 1
                continue
            }
            let entry = segment.entry(ordinal)
            let start = codes.count
            codes.append(segment.codes, entry.passages)
            entries.append(Entry(document: entry.document, list: entry.list, passages: start..<codes.count))
            if let terms = segment.terms?[ordinal], !terms.isEmpty { append(terms: terms, of: entry.document) }
        }
    }

    package consuming func segment() -> Segment {
        Segment(entries, codes, terms)
    }
}
