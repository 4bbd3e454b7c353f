import Testing
import Text

@testable import Preparation

struct StoredTextTests {
    /// `#` begins a heading; an empty line ends a block.
    private static func parse(_ lines: String) -> ExtractedText {
        var utf8: [UInt8] = []
        var blocks: [Block] = []
        for part in lines.split(separator: "\n") {
            let level = part.prefix { $0 == "#" }.count
            if !utf8.isEmpty { utf8 += [0x0A, 0x0A] }
            let start = utf8.count
            utf8 += Array(part.dropFirst(level == 0 ? 0 : level + 1).utf8)
            blocks.append(Block(kind: level == 0 ? .paragraph : .heading(level: level), range: start..<utf8.count, page: 1 + blocks.count / 4))
        }
        return ExtractedText(utf8: utf8, blocks: blocks)
    }

    private static func chunks(_ text: ExtractedText, _ tokens: Int = 24) -> [Chunk] {
        Chunker(configuration: ChunkerConfiguration(maximumTokens: tokens, overlapTokens: 4), tokenizer: PlainCounter()).chunks(of: text)
    }

    private static func restored(_ text: ExtractedText, _ chunks: [Chunk]) -> ExtractedText {
        StoredText.text(text.utf8, chunks.map { StoredText.Passage(range: $0.range, headings: $0.headings, page: $0.page) })
    }

    private static let words =
        "several words of some length that stand in a paragraph and are more than a small section has room for, so that it is one by itself"

    @Test(arguments: [
        "one paragraph", "\(words)\n\(words)", "# Title\n\(words)\n## Part\n\(words)\n\(words)\n## Other part\n\(words)\n# End\n\(words)",
        "\(words)\n# First\n## Below\n\(words)\n# Second\n\(words)", "# Same\n\(words)\n# Same\n\(words)",
    ])
    func `what is divided as before is what it was`(lines: String) {
        let text = Self.parse(lines)
        let chunks = Self.chunks(text)
        let again = Self.restored(text, chunks)
        #expect(again.utf8 == text.utf8)
        #expect(Self.chunks(again).map(\.range) == chunks.map(\.range))
        #expect(Self.chunks(again).map(\.headings) == chunks.map(\.headings))
    }

    @Test func `divided otherwise, chunks know their headings still`() {
        let text = Self.parse("# Title\n\(Self.words)\n## Part\n\(Self.words)\n\(Self.words)\n## Other part\n\(Self.words)")
        let stored = Self.chunks(text, 200)
        let finer = Self.chunks(Self.restored(text, stored), 12)
        #expect(finer.count > stored.count)
        #expect(finer.map(\.headings) == Self.chunks(text, 12).map(\.headings))
    }

    @Test func `no text, and texts without chunks, are no harder`() {
        #expect(StoredText.text([], []) == .empty)
        #expect(StoredText.text(Array("words".utf8), []).blocks == [Block(kind: .paragraph, range: 0..<5)])
    }
}
