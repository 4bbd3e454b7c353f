import Words

/// A deterministic source of randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension TermAnalyzer {
    func terms(_ passages: [String], _ language: String? = nil) -> [UInt8] {
        passageTerms(of: passages.map { Array($0.utf8) }, language: language)
    }

    /// Whether a query finds a text, by a segment and by a scan, which have to agree.
    func finds(_ query: String, in text: String, _ language: String? = nil) throws -> Bool {
        let terms = terms([text], language)
        var mask = DocumentMask(count: 1)
        mask.insert(0)
        let inSegment = bestPassages(for: self.query(query), in: [try WordSegment(documents: [(0, terms)])], visible: mask, limit: 1)
        var scan = WordScan(self.query(query))
        try terms.withUnsafeBytes { try scan.add(document: 0, terms: $0) }
        guard inSegment == scan.best(limit: 1) else { throw Disagreement() }
        return !inSegment.isEmpty
    }
}

struct Disagreement: Error {}
