import Testing
import Text

@testable import Preparation

/// Words between white space, ideographs alone; one word piece for each four bytes begun.
struct PlainCounter: Tokenizer {
    func tokenCount(_ utf8: Span<UInt8>) -> Int {
        var tokens = 0
        forEachWord(in: utf8) { tokens += $1 }
        return tokens
    }

    func forEachWord(in utf8: Span<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        utf8.withUnsafeBufferPointer { forEachWord(in: $0, body) }
    }

    private func forEachWord(in utf8: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        var start: Int?
        var index = 0
        func end(at position: Int) {
            if let first = start { body(first..<position, (position - first + 3) / 4) }
            start = nil
        }
        while index < utf8.count {
            let scalar = UTF8Text.scalar(in: utf8, at: index)
            if UTF8Text.whiteSpaceLength(in: utf8, at: index) > 0 || scalar.value < 0x20 {
                end(at: index)
            } else if scalar.value >= 0x3000 && scalar.value < 0xA000 {
                end(at: index)
                body(index..<index + scalar.length, 1)
            } else if start == nil {
                start = index
            }
            index += scalar.length
        }
        end(at: utf8.count)
    }
}

/// A text of these blocks: lines that begin with `#` are headings.
func document(_ lines: [String]) -> ExtractedText {
    var utf8: [UInt8] = []
    var blocks: [Block] = []
    for line in lines {
        if !utf8.isEmpty { utf8 += [0x0A, 0x0A] }
        let level = line.prefix { $0 == "#" }.count
        let text = Array(line.drop { $0 == "#" }.utf8)
        blocks.append(Block(kind: level > 0 ? .heading(level: level) : .paragraph, range: utf8.count..<utf8.count + text.count))
        utf8 += text
    }
    return ExtractedText(utf8: utf8, blocks: blocks)
}

struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

private func paragraph(words: Int, _ random: inout SeededGenerator) -> String {
    (0..<words).map { _ in
        let length = Int.random(in: 1...12, using: &random)
        let word = String((0..<length).map { _ in "abcdefghijklmnopqrstuvwxyzäöé漢字😀".randomElement(using: &random) ?? "a" })
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return word + ". A"
        case 1: return word + "。"
        case 2: return String(repeating: word, count: 30)
        case 3: return "\u{1}\u{2}" + word
        default: return word
        }
    }.joined(separator: " ")
}

private func randomDocument(_ seed: UInt64, blocks: Int) -> [String] {
    var random = SeededGenerator(state: seed)
    return (0..<blocks).map { _ in
        let kind = Int.random(in: 0..<6, using: &random)
        return kind == 0
            ? String(repeating: "#", count: Int.random(in: 1...4, using: &random)) + paragraph(words: 3, &random)
            : paragraph(words: Int.random(in: 1...120, using: &random), &random)
    }
}

struct ChunkerTests {
    private let chunker = Chunker(configuration: ChunkerConfiguration(maximumTokens: 60, overlapTokens: 10), tokenizer: PlainCounter())

    private func texts(_ chunks: [Chunk], _ text: ExtractedText) -> [String] { chunks.map { String(decoding: text.utf8[$0.range], as: UTF8.self) } }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `chunks cover the text within the budget, in order and on scalar boundaries`(seed: UInt64) {
        let text = document(randomDocument(seed, blocks: 40))
        let chunks = chunker.chunks(of: text)
        #expect(chunks == chunker.chunks(of: text), "seed \(seed)")
        text.utf8.withUnsafeBufferPointer { utf8 in
            var covered = 0
            var start = -1
            for (ordinal, chunk) in chunks.enumerated() {
                #expect(chunk.ordinal == ordinal)
                #expect(chunk.range.lowerBound > start && chunk.range.upperBound > covered, "seed \(seed)")
                if chunk.range.lowerBound > covered { #expect(UTF8Text.trimmed(covered..<chunk.range.lowerBound, in: utf8).isEmpty, "seed \(seed)") }
                #expect(UTF8Text.trimmed(chunk.range, in: utf8) == chunk.range)
                #expect(UTF8Text.isValid(UnsafeBufferPointer(rebasing: utf8[chunk.range])))
                #expect(chunk.tokenCount <= 60 && chunk.range.count <= 2 * chunker.configuration.maximumBytes)
                start = chunk.range.lowerBound
                covered = chunk.range.upperBound
            }
            #expect(UTF8Text.trimmed(covered..<utf8.count, in: utf8).isEmpty)
        }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `an edit leaves chunks far away as they are`(seed: UInt64) {
        var random = SeededGenerator(state: seed &+ 1_000)
        // No headings: only paragraphs, the harder case.
        let lines = (0..<200).map { _ in paragraph(words: Int.random(in: 5...60, using: &random), &random) }
        var edited = lines
        edited[100] = "Something else was written here. " + edited[100]
        edited.insert("And a new paragraph.", at: 100)
        let before = texts(chunker.chunks(of: document(lines)), document(lines))
        let after = texts(chunker.chunks(of: document(edited)), document(edited))
        let start = zip(before, after).prefix { $0 == $1 }.count
        let end = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.count
        #expect(before.count - start - end <= 25, "seed \(seed): \(before.count - start - end) of \(before.count) chunks changed")
    }

    @Test func `headings part chunks, and each chunk knows those above it`() {
        let long = String(repeating: "Parental leave is long. ", count: 5).dropLast()
        let text = document(["#Leave policy", "##Parental leave", String(long), "##Sick leave", String(long)])
        let chunks = chunker.chunks(of: text)
        #expect(chunks.map(\.headings) == [["Leave policy", "Parental leave"], ["Leave policy", "Sick leave"]])
        #expect(texts(chunks, text)[0].hasPrefix("Leave policy\n\nParental leave\n\nParental"))
        #expect(texts(chunks, text)[1].hasPrefix("Sick leave"))
    }

    @Test func `small sections of one parent are joined, those of two are not`() {
        let text = document(["#A", "##B", "one", "##C", "two", "#D", "##E", "three"])
        let chunks = chunker.chunks(of: text)
        #expect(texts(chunks, text) == ["A\n\nB\n\none\n\nC\n\ntwo", "D\n\nE\n\nthree"])
        #expect(chunks.map(\.headings) == [["A"], ["D", "E"]])
    }

    @Test func `long paragraphs are parted at sentences and repeat the end of the part before`() {
        let text = document([(0..<40).map { "Sentence number \($0) stands here." }.joined(separator: " ")])
        let parts = texts(chunker.chunks(of: text), text)
        #expect(parts.count > 3)
        for part in parts { #expect(part.hasPrefix("Sentence") && part.hasSuffix(".")) }
        for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.contains(next.split(separator: ".")[0])) }
    }

    @Test func `texts without spaces or without any break are parted too`() {
        for content in [
            String(repeating: "漢字仮名。", count: 400), String(repeating: "漢", count: 3_000), String(repeating: "a", count: 10_000),
            String(repeating: "👩‍👩‍👧", count: 2_000),
        ] {
            let text = document([content])
            let chunks = chunker.chunks(of: text)
            #expect(chunks.count > 10)
            for part in texts(chunks, text) { #expect(!part.unicodeScalars.isEmpty && part.unicodeScalars.first != "\u{200D}") }
        }
    }

    @Test func `nothing comes of nothing`() {
        #expect(chunker.chunks(of: .empty).isEmpty)
        #expect(chunker.chunks(of: ExtractedText(utf8: [0x20, 0x0A], blocks: [])).isEmpty)
    }

    @Test func `what the tokenizer does not see is still in a chunk`() {
        let text = document([String(repeating: "\u{1}", count: 5_000) + " a " + String(repeating: "\u{2}", count: 5_000)])
        #expect(chunker.chunks(of: text).reduce(into: Set<Int>()) { $0.formUnion($1.range) }.count >= 10_001)
    }
}

struct EmbeddingTextTests {
    private func embedded(_ body: String, _ headings: [String], title: String?) -> String {
        let text = document([body])
        let chunk = Chunk(ordinal: 0, range: 0..<text.utf8.count, headings: headings, page: nil, tokenCount: 1)
        return String(decoding: embeddingText(of: chunk, in: text, title: title), as: UTF8.self)
    }

    @Test func `title and headings stand before the text, none of them twice`() {
        #expect(embedded("Text", ["A", "B"], title: "T") == "T › A › B\nText")
        #expect(embedded("Text", ["A", "B"], title: "A") == "A › B\nText")
        #expect(embedded("B\nand text", ["A", "B"], title: nil) == "A\nB\nand text")
        #expect(embedded("Text", [], title: nil) == "Text")
    }

    @Test func `long headings give way from the outside and are cut at scalars`() {
        let long = String(repeating: "é", count: 70)
        #expect(embedded("Text", [long, "B"], title: long) == "\(long) › B\nText")
        #expect(embedded("Text", [String(repeating: "é", count: 200)], title: nil) == String(repeating: "é", count: 80) + "\nText")
    }
}
