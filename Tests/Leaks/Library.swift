import Contract
import Digest
import Embedding
import Index
import Words

/// What stands in an organisation's documents: a few passages each, out of few words, so that every question has many answers.
struct Library: Sendable {
    /// `[document][chunk]`: the words of each passage.
    let passages: [[[String]]]

    static let dimension = 4
    /// A worker that is asked whole embeds in it.
    static let model = StubEmbedding(dimension: dimension)
    /// No stemmer shortens them and no list of stop words has them.
    static let words = ["kezzok", "bolgak", "vardok", "mungak", "tirpok", "zondak", "fulgok", "hestak"]

    init(documents: Int, using random: inout SeededGenerator) {
        passages = (0..<documents).map { _ in
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.words.randomElement(using: &random) ?? "" }
            }
        }
    }

    /// How many passages a search finds where these documents are visible: by words those that have one of them, else all; at most so many of each document.
    func matches(_ words: [String]?, visible: [Bool], perDocument: Int?) -> Int {
        zip(passages, visible).reduce(0) { sum, document in
            guard document.1 else { return sum }
            let matching = document.0.count { passage in words.map { !Set($0).isDisjoint(with: passage) } ?? true }
            return sum + min(matching, perDocument ?? matching)
        }
    }

    static let analyzer = TermAnalyzer()

    func text(_ document: Int, _ passage: Int) -> String { passages[document][passage].joined(separator: " ") }

    func content(of document: Int, using random: inout SeededGenerator) -> RenditionContent {
        var body: [UInt8] = []
        var vectors: [Float] = []
        let chunks = passages[document].indices.map { passage in
            let text = Array(text(document, passage).utf8)
            let start = body.count
            body += text
            defer { body.append(UInt8(ascii: "\n")) }
            vectors += Self.vector(using: &random)
            return ChunkRow(
                span: start..<body.count, headings: [], page: passage, embeddingTextDigest: SHA256.hash(text))
        }
        return RenditionContent(
            contentDigest: SHA256.hash(body), title: nil, uri: nil, mediaType: "text/plain", language: nil, modifiedAt: nil, metadata: Array("{}".utf8),
            body: body, chunks: chunks, terms: Self.analyzer.passageTerms(of: passages[document].indices.map { Array(text(document, $0).utf8) }, language: nil),
            vectors: vectors, dimension: Self.dimension)
    }

    /// `[dimension]`, of length one.
    static func vector(using random: inout SeededGenerator) -> [Float] {
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
        let length = max(components.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
        return components.map { $0 / length }
    }
}
