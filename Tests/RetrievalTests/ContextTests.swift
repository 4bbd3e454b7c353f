import Contract
import Embedding
import Testing

@testable import Index
@testable import Retrieval

/// A word is a token here.
struct ContextTests {
    private func context(_ hits: [FoundPassage], tokens: Int, bytes: Int = .max) -> (text: String, isCutShort: Bool) {
        ContextText(tokenizer: WhitespaceTokenizer(), maximumTokens: tokens, maximumBytes: bytes).make(of: hits.map(\.hit))
    }

    private static let leave = Found.passage("Parental leave is long.", title: "Leave policy", headings: ["Leave policy", "Parental leave"])
    private static let other = Found.passage("Ask for it.", title: "Forms", headings: ["How to"])

    @Test func `passages are numbered, each under its place`() {
        let text = context([Self.leave, Self.other], tokens: 100).text
        #expect(text == "[1] Leave policy › Parental leave\nParental leave is long.\n\n[2] Forms › How to\nAsk for it.")
    }

    @Test func `a place is one line, and a document without one is named`() {
        #expect(context([Found.passage("x", title: "a\n[2] b")], tokens: 9).text == "[1] a [2] b\nx")
        #expect(context([Found.passage("x", document: "page 7")], tokens: 9).text == "[1] page 7\nx")
    }

    @Test func `whole passages only, up to the first that does not fit`() {
        // 10 tokens, and 8.
        #expect(context([Self.leave, Self.other], tokens: 18).text.contains("[2]"))
        #expect(!context([Self.leave, Self.other], tokens: 17).text.contains("[2]"))
        let short = Found.passage("x")
        #expect(context([Self.leave, Self.other, short], tokens: 15).text.hasSuffix("long."))
    }

    @Test func `where even the first is too long, as many of its words as fit`() {
        #expect(context([Self.leave, Self.other], tokens: 8).text == "[1] Leave policy › Parental leave\nParental leave")
        #expect(context([Self.leave], tokens: 3).text == "[1]\nParental leave")
        #expect(context([Self.leave], tokens: 1).text == "")
        #expect(context([], tokens: 5).text == "")
    }

    @Test func `it never has more tokens than asked for`() {
        let hits = (0..<9).map { Found.passage(String(repeating: "wort ", count: $0 * 3), title: "Title \($0)") }
        for tokens in 1...150 {
            #expect(WhitespaceTokenizer().tokenCount(context(hits, tokens: tokens).text) <= tokens)
        }
    }

    @Test func `bytes end it as tokens do, and that is told`() {
        let whole = context([Self.leave, Self.other], tokens: 100).text
        #expect(context([Self.leave, Self.other], tokens: 100, bytes: whole.utf8.count + 4).isCutShort == false)
        let cut = context([Self.leave, Self.other], tokens: 100, bytes: whole.utf8.count - 1)
        #expect(cut.isCutShort && cut.text.hasSuffix("long."))
    }

    // MARK: size

    @Test func `neighbours give way before hits, and the context before both`() {
        let long = String(repeating: "n", count: 1000)
        let hits = (0..<3).map { Found.passage("passage \($0)", widened: long) }
        let plain = hits.map(\.hit.encodedBytes).reduce(0, +)
        let makeContext: ([QueryResult.Hit], Int) -> (text: String, isCutShort: Bool) = { hits, bytes in
            ContextText(tokenizer: WhitespaceTokenizer(), maximumTokens: 1000, maximumBytes: bytes).make(of: hits)
        }
        let all = ResultSize.fit(hits, within: 100_000, makeContext: makeContext)
        #expect(all.hits.map(\.text) == [long, long, long] && !all.isTruncated && all.context?.contains("[3]") == true)
        let withoutContext = ResultSize.fit(hits, within: plain + 3100, makeContext: makeContext)
        #expect(withoutContext.hits.map(\.text) == [long, long, long] && withoutContext.isTruncated)
        let withoutNeighbours = ResultSize.fit(hits, within: plain, makeContext: makeContext)
        #expect(withoutNeighbours.hits.map(\.text) == ["passage 0", "passage 1", "passage 2"] && withoutNeighbours.isTruncated)
        let fewer = ResultSize.fit(hits, within: plain - 1, makeContext: makeContext)
        #expect(fewer.hits.map(\.text) == ["passage 0", "passage 1"] && fewer.isTruncated)
        #expect(ResultSize.fit(hits, within: 0).hits.isEmpty)
    }
}
