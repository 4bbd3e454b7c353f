import Foundation
import Testing

@testable import Words

/// BM25 as the formula says it, over made-up corpora, against segments and scans.
struct OracleTests {
    /// Words with digits: none is stemmed, so that a text's words are its terms.
    private static let vocabulary = ["w1", "w2", "w3", "w4", "x11", "x12", "x13", "y1"]

    @Test(arguments: 0..<60) func `segments and scans rank as the formula does`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let analyzer = TermAnalyzer()
        let documents = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            (0..<Int.random(in: 0...5, using: &random)).map { _ in
                (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.vocabulary.randomElement(using: &random) ?? "" }
            }
        }
        let blobs = documents.map { analyzer.terms($0.map { $0.joined(separator: " ") }) }
        let parameters = BM25(k1: 1.2, b: 0.75)
        for _ in 0..<20 {
            let query = Self.query(&random)
            let visible = documents.indices.filter { _ in Bool.random(using: &random) }
            let limit = Int.random(in: 0...20, using: &random)
            let perDocument = Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil
            let oracle = Oracle(documents: documents, query: query, parameters: parameters)
            // Segments of one document and of many, and some documents beside them; statistics are of all.
            let cuts = [0] + (0..<2).map { _ in Int.random(in: 0...documents.count, using: &random) }.sorted() + [documents.count]
            let segments = try [cuts[0]..<cuts[1], cuts[1]..<cuts[2]].map { range in
                try WordSegment(documents: range.map { (Int32($0), blobs[$0]) })
            }
            var mask = DocumentMask(count: documents.count)
            for document in visible { mask.insert(Int32(document)) }
            let everywhere = try WordSegment(documents: blobs.enumerated().map { (Int32($0), $1) })
            let expected = oracle.best(of: documents.indices, visible: visible, limit: limit, perDocument: perDocument)
            let parsed = analyzer.query(query.text)
            #expect(
                bestPassages(for: parsed, in: [everywhere], visible: mask, limit: limit, perDocument: perDocument, parameters: parameters) == expected,
                "\(query.text)")

            var beside = WordScan(parsed)
            for document in cuts[2]..<cuts[3] { try blobs[document].withUnsafeBytes { try beside.add(document: Int64(document), terms: $0) } }
            var allOfTheRest = mask
            for document in cuts[2]..<cuts[3] { allOfTheRest.remove(Int32(document)) }
            let mixed = oracle.best(
                of: documents.indices, visible: visible.filter { $0 < cuts[2] } + (cuts[2]..<cuts[3]), limit: limit, perDocument: perDocument)
            #expect(
                bestPassages(
                    for: parsed, in: segments, visible: allOfTheRest, beside: beside, limit: limit, perDocument: perDocument, parameters: parameters) == mixed,
                "\(query.text)")

            var scan = WordScan(parsed)
            for document in visible { try blobs[document].withUnsafeBytes { try scan.add(document: Int64(document), terms: $0) } }
            let alone = oracle.best(of: visible, visible: visible, limit: limit, perDocument: perDocument)
            #expect(scan.best(limit: limit, perDocument: perDocument, parameters: parameters) == alone, "\(query.text)")
        }
    }

    @Test func `long lists are skipped through rightly`() throws {
        var random = SeededGenerator(seed: 99)
        let analyzer = TermAnalyzer()
        let documents = (0..<3000).map { _ in
            [(0..<Int.random(in: 1...12, using: &random)).map { _ in Bool.random(using: &random) ? "w1" : "r\(Int.random(in: 0..<400, using: &random))" }]
        }
        let segment = try WordSegment(documents: documents.enumerated().map { (Int32($0), analyzer.terms($1.map { $0.joined(separator: " ") })) })
        var mask = DocumentMask(count: documents.count)
        for document in documents.indices { mask.insert(Int32(document)) }
        for number in 0..<40 {
            let query = Oracle.Query(parts: [.phrase(["w1", "r\(number)", "w1"]), .phrase(["w1", "w1", "w1", "w1"])])
            let oracle = Oracle(documents: documents, query: query, parameters: .standard)
            let expected = oracle.best(of: documents.indices, visible: documents.indices, limit: 50, perDocument: nil)
            #expect(bestPassages(for: analyzer.query(query.text), in: [segment], visible: mask, limit: 50) == expected, "\(number)")
        }
    }

    private static func query(_ random: inout SeededGenerator) -> Oracle.Query {
        var query = Oracle.Query()
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let words = (0..<Int.random(in: 2...3, using: &random)).map { _ in vocabulary.randomElement(using: &random) ?? "" }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: query.parts.append(.phrase(words))
            case 1: query.parts.append(.prefix("x1" + ["1", "2", "3"][Int.random(in: 0...2, using: &random)]))
            default: query.parts.append(.word(words[0]))
            }
        }
        return query
    }
}

/// The formula over words as they stand.
struct Oracle {
    enum Part {
        case word(String)
        case prefix(String)
        case phrase([String])

        var text: String {
            switch self {
            case .word(let word): word
            case .prefix(let prefix): "\(prefix)*"
            case .phrase(let words): "\"\(words.joined(separator: " "))\""
            }
        }
    }

    struct Query {
        var parts: [Part] = []
        var text: String { parts.map(\.text).joined(separator: " ") }
    }

    private struct Term: Hashable {
        let word: String
        let isPrefix: Bool

        func count(in passage: [String]) -> Int { passage.count { isPrefix ? $0.hasPrefix(word) : $0 == word } }
    }

    let documents: [[[String]]]
    let query: Query
    let parameters: BM25

    func best(of searched: some Collection<Int>, visible: some Collection<Int>, limit: Int, perDocument: Int?) -> [WordHit] {
        let passages = searched.flatMap { documents[$0] }
        let total = Double(passages.count)
        let average = max(Double(passages.reduce(0) { $0 + $1.count }) / max(total, 1), 1)
        var terms: [Term] = []
        var counts: [Term: Int] = [:]
        func add(_ term: Term, _ count: Int) {
            if counts[term] == nil { terms.append(term) }
            counts[term, default: 0] += count
        }
        for part in query.parts {
            switch part {
            case .word(let word): add(Term(word: word, isPrefix: false), 1)
            case .prefix(let prefix): add(Term(word: prefix, isPrefix: true), 1)
            case .phrase(let words): for word in words { add(Term(word: word, isPrefix: false), 0) }
            }
        }
        let inverse = Dictionary(
            uniqueKeysWithValues: terms.map { term in
                // Of a prefix, each word that begins so counts.
                let frequency = min(
                    total,
                    Double(passages.reduce(0) { $0 + (term.isPrefix ? Set($1).count { $0.hasPrefix(term.word) } : $1.contains(term.word) ? 1 : 0) }))
                return (term, log(1 + (total - frequency + 0.5) / (frequency + 0.5)))
            })
        let order = terms.enumerated().sorted { one, other in
            let (left, right) = (inverse[one.element] ?? 0, inverse[other.element] ?? 0)
            return left != right ? left > right : one.offset < other.offset
        }.map(\.element)
        var hits: [WordHit] = []
        for document in visible {
            var ofDocument: [WordHit] = []
            for (passage, words) in documents[document].enumerated() {
                var score: Float = 0
                let saturation = Float(
                    parameters.k1 * (1 - parameters.b) + parameters.k1 * parameters.b / average * Double(words.count))
                for term in order where counts[term] ?? 0 > 0 || stands(term, in: words) {
                    let frequency = Float(term.count(in: words))
                    guard frequency > 0 else { continue }
                    let weight = Float((inverse[term] ?? 0) * (parameters.k1 + 1) * Double(max(counts[term] ?? 0, 1)))
                    score += weight * (frequency / (frequency + saturation))
                }
                if score > 0 { ofDocument.append(WordHit(document: Int64(document), passage: Int32(passage), score: score)) }
            }
            hits += ofDocument.sorted(by: WordHit.isBetter).prefix(perDocument ?? .max)
        }
        return Array(hits.sorted(by: WordHit.isBetter).prefix(limit))
    }

    /// Whether a phrase that has the word stands there.
    private func stands(_ term: Term, in words: [String]) -> Bool {
        query.parts.contains { part in
            guard case .phrase(let phrase) = part, phrase.contains(term.word), !term.isPrefix, words.count >= phrase.count else { return false }
            return (0...words.count - phrase.count).contains { Array(words[$0..<$0 + phrase.count]) == phrase }
        }
    }
}
