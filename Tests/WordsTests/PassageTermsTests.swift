import Testing

@testable import Words

struct PassageTermsTests {
    private let analyzer = TermAnalyzer()

    @Test func `what is written is read`() throws {
        let stored = analyzer.terms(["one two two", "", "three two"])
        #expect(stored.first == 1)
        var found: [String] = []
        try stored.withUnsafeBytes { bytes in
            let terms = try PassageTerms(bytes)
            #expect(terms.lengths == [3, 0, 2] && terms.languages == WordLanguages(.english))
            try terms.forEachTerm { (term, passages) throws(WordsError) in
                try passages.forEach { (passage, frequency, distances) throws(WordsError) in
                    found.append("\(String(decoding: term, as: UTF8.self)) \(passage) \(frequency) \(Array(distances))")
                }
            }
        }
        #expect(found == ["one 0 1 [0]", "three 2 1 [0]", "two 0 2 [1, 1]", "two 2 1 [1]"])
    }

    @Test func `an unknown version and missing bytes are errors`() {
        let stored = analyzer.terms(["one two two", "three"])
        #expect(throws: WordsError.unknownVersion) { try WordSegment(documents: [(0, [2] + stored.dropFirst())]) }
        for length in 0..<stored.count {
            #expect(throws: WordsError.self, "\(length)") { try WordSegment(documents: [(0, Array(stored.prefix(length)))]) }
        }
        #expect(throws: WordsError.malformedTerms) { try WordSegment(documents: [(0, stored + [0])]) }
    }

    @Test func `changed bytes are an error or other terms, never more`() throws {
        var random = SeededGenerator(seed: 3)
        let stored = analyzer.terms(["the quick brown fox", "jumps over the lazy dog and the fox", "東京都 ERR-4711 getUserName"], "en")
        let query = analyzer.query("fox \"the lazy\" qui* 東京 ERR-4711")
        var mask = DocumentMask(count: 1)
        mask.insert(0)
        for _ in 0..<20_000 {
            var changed = stored
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            var scan = WordScan(query)
            let isScanned = (try? changed.withUnsafeBytes { try scan.add(document: 0, terms: $0) }) != nil
            let segment = try? WordSegment(documents: [(0, changed)])
            // Both read all of it: what one refuses the other refuses, and what both take they rank alike.
            guard let segment else { continue }
            #expect(isScanned)
            #expect(bestPassages(for: query, in: [segment], visible: mask, limit: 9).map(\.passage) == scan.best(limit: 9).map(\.passage))
        }
    }

    @Test func `ordinals ascend`() {
        let stored = analyzer.terms(["one"])
        #expect(throws: WordsError.self) { try WordSegment(documents: [(1, stored), (1, stored)]) }
    }
}
