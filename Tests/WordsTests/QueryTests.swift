import Testing

@testable import Words

struct QueryTests {
    private let analyzer = TermAnalyzer()

    @Test(
        arguments: [
            // What is searched, in which text of which language, and whether it is found.
            ("leave", "parental leaves", "en", true), ("parental absence", "parental leaves", "en", true), ("absence", "parental leaves", "en", false),
            ("house", "Häuser", "de", false), ("Haus", "die Häuser", "de", true), ("HÄUSER", "ein Haus", "de", true),
            ("cheval", "les chevaux", "fr", true), ("l'avion", "un avion", "fr", true), ("книга", "много книг", nil, true),
            ("gęślą", "zażółć gęślą jaźń", "pl", true), ("running", "he ran runs", "en", true),
            ("東京", "東京都庁", "ja", true), ("京都", "東京都庁", nil, true), ("庁", "東京都庁", nil, true), ("都", "東京都庁", nil, true), ("大阪", "東京都庁", nil, false),
            ("ERR-4711", "failed with err-4711.", "en", true), ("err", "failed with ERR-4711", "en", true), ("foo_bar()", "call foo_bar() twice", nil, true),
            ("foo_bar", "call foo_bar() twice", nil, true), ("username", "getUserName()", nil, false), ("user", "getUserName()", "en", true),
            ("getusername", "getUserName()", "en", true), ("1.2.3", "since version 1.2.3", nil, true),
            ("universit*", "two universities", "en", true), ("universit*", "the universe", "en", false), ("univers*", "the universe", "en", true),
            ("ERR-47*", "ERR-4711", nil, true), ("ERR-48*", "4711", nil, false), ("xy*", "xyz", nil, false), ("*", "anything", nil, false),
            ("\"parental leave\"", "the parental leave", "en", true), ("\"parental leave\"", "leave the parental", "en", false),
            ("\"parental leave\"", "parental sick leave", "en", false), ("\"parental leave\" sick", "parental sick leave", "en", true),
            ("\"to be or not to be\"", "whether to be or not to be", "en", true), ("\"leaves parental\"", "it leaves a parent, a leave parental", "en", true),
            ("“parental leave”", "parental leave", "en", true), ("\"parental leave", "leave", "en", true), ("\"\"", "leave", "en", false),
            ("\"東京都\"", "東京都庁", nil, true), ("\"京東\"", "東京都庁", nil, false), ("\"error ERR-4711\"", "error ERR-4711 again", "en", true),
            ("", "anything", nil, false), ("?!", "anything", nil, false),
        ] as [(String, String, String?, Bool)])
    func `a query finds a text`(query: String, text: String, language: String?, isFound: Bool) throws {
        #expect(try analyzer.finds(query, in: text, language) == isFound)
    }

    @Test func `documents of different languages are found by one query`() throws {
        let documents = [
            (Int32(0), analyzer.terms(["die Universitäten"], "de")), (1, analyzer.terms(["the universities"], "en")),
            (2, analyzer.terms(["universiteiten"], "nl")),
            (3, analyzer.terms(["uniwersytety"], "pl")),
        ]
        var mask = DocumentMask(count: 4)
        for ordinal in 0..<4 { mask.insert(Int32(ordinal)) }
        let segment = try WordSegment(documents: documents)
        func found(_ query: String) -> [Int64] { bestPassages(for: analyzer.query(query), in: [segment], visible: mask, limit: 9).map(\.document).sorted() }
        #expect(found("Universität") == [0])
        #expect(found("university") == [1])
        #expect(found("universiteit uniwersytety") == [2, 3])
    }

    @Test func `a text pasted whole is searched for by its first words`() {
        let text = (0..<10_000).map { "word\($0) \"a phrase\($0) of\($0)\" prefix\($0)*" }.joined(separator: " ")
        #expect(analyzer.query(text).termCount == WordQuery.maximumTerms)
    }

    @Test func `what is said twice counts twice`() throws {
        let documents = [(Int32(0), analyzer.terms(["alpha gamma"])), (1, analyzer.terms(["beta gamma"]))]
        var mask = DocumentMask(count: 2)
        mask.insert(0)
        mask.insert(1)
        let segment = try WordSegment(documents: documents)
        func best(_ query: String) -> Int64? { bestPassages(for: analyzer.query(query), in: [segment], visible: mask, limit: 1).first?.document }
        #expect(best("alpha beta beta") == 1)
        #expect(best("alpha alpha beta") == 0)
    }
}
