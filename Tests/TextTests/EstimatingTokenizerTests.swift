import Testing

@testable import Text

struct EstimatingTokenizerTests {
    private let tokenizer = EstimatingTokenizer()

    @Test(arguments: [
        ("", 0), (" \t\n\u{0}", 0), ("leave", 2), ("a b", 2), ("parental leave, 2026.", 3 + 2 + 1 + 4 + 1), ("育児休業", 4), ("congé", 2), ("x=1", 3),
    ])
    func `letters count by three bytes, digits and marks one each`(text: String, tokens: Int) {
        #expect(tokenizer.tokenCount(text) == tokens)
    }

    @Test func `runs are parted between scalars, and the sum of the parts is the whole`() {
        let text = Array(String(repeating: "字", count: 1000).utf8)
        var end = 0
        var words: [Range<Int>] = []
        tokenizer.forEachWord(in: text.span) { word, tokens in
            #expect(word.lowerBound == end && word.count <= 50 && word.count.isMultiple(of: 3))
            end = word.upperBound
            words.append(word)
        }
        #expect(end == text.count)
        for word in words {
            #expect(tokenizer.tokenCount(text[..<word.upperBound]) + tokenizer.tokenCount(text[word.upperBound...]) == tokenizer.tokenCount(text))
        }
    }

    @Test(arguments: [(0, ""), (1, ""), (2, "leave"), (3, "leave of"), (4, "leave of"), (99, "leave of absence")])
    func `a beginning is whole words within a limit`(limit: Int, beginning: String) {
        #expect(String(decoding: tokenizer.beginning(of: Array("leave of absence".utf8), tokens: limit), as: UTF8.self) == beginning)
    }
}
