import Foundation
import Testing

@testable import Words

struct AnalysisTests {
    private let analyzer = TermAnalyzer()

    /// Every term of a text, with the positions it has.
    private func terms(_ text: String, _ language: String? = nil) throws -> [String: [Int]] {
        var found: [String: [Int]] = [:]
        try analyzer.terms([text], language).withUnsafeBytes { bytes in
            try PassageTerms(bytes).forEachTerm { (term, passages) throws(WordsError) in
                let term = String(decoding: term, as: UTF8.self)
                try passages.forEach { (_, frequency, distances) throws(WordsError) in
                    var reader = CheckedReader(distances)
                    var position = 0
                    for _ in 0..<frequency {
                        position += Int(try reader.varint())
                        found[term, default: []].append(position)
                    }
                }
            }
        }
        return found
    }

    @Test(
        arguments: [
            ("Running quickly", "en", ["run", "running", "quick", "quickly"]),
            ("universities' company's DON'T", "en", ["univers", "universities", "compani", "company", "don", "t"]),
            ("Häuser der GROSSEN Straße", "de", ["haus", "häuser", "der", "gross", "grossen", "strass", "strasse"]),
            ("les chevaux de l'avion", "fr", ["le", "les", "cheval", "chevaux", "de", "l", "avion"]),
            ("Книги о программировании", nil, ["книг", "книги", "о", "программирован", "программировании"]),
            ("zażółć gęślą", "pl", ["zażółć", "gęślą"]),
            ("ＡＢＣ ﬁne ①", "en", ["abc", "fine", "1"]),
            ("東京都", "ja", ["東京", "京都", "都"]),
            ("東", nil, ["東"]),
            ("한국어 テスト", nil, ["한국", "국어", "어", "テス", "スト", "ト"]),
            ("ERR-4711", nil, ["err", "4711", "err-4711"]),
            ("foo_bar()", nil, ["foo", "bar", "foo_bar"]),
            ("a.b.c", nil, ["a", "b", "c", "a.b.c"]),
            ("bob@example.com", "en", ["bob", "exampl", "example", "com", "bob@example.com"]),
            ("v1.2.3-rc1", nil, ["v1", "2", "3", "rc1", "v1.2.3-rc1"]),
            ("getUserName", "en", ["getusernam", "getusername", "get", "user", "name"]),
            ("HTTPServer", "de", ["httpserv", "httpserver", "http", "serv", "server"]),
            ("std::vector C++ C#", nil, ["std", "vector", "std::vector", "c", "c++", "c#"]),
            ("", nil, []), (" \t\n .,;!? — ", nil, []),
        ] as [(String, String?, [String])])
    func `a text has these terms`(text: String, language: String?, expected: [String]) throws {
        #expect(try Set(terms(text, language).keys) == Set(expected))
    }

    @Test func `a word's other names stand where it stands`() throws {
        let found = try terms("see ERR-4711 now", "en")
        #expect(found["see"] == [0] && found["err"] == [1] && found["4711"] == [2] && found["now"] == [3])
        #expect(found["err-4711"] == [1])
    }

    @Test func `Thai is split by a dictionary`() throws {
        let found = try terms("ภาษาไทย", "th")
        #expect(found["ภาษา"] == [0] && found["ไทย"] == [1])
    }

    @Test(
        arguments: [
            ("en", WordLanguage.english), ("de-CH", .german), ("nb", .norwegian), ("RUS", .russian), ("pl", .unstemmed), ("und", nil), ("", nil), (nil, nil),
        ] as [(String?, WordLanguage?)])
    func `a tag names a language`(tag: String?, language: WordLanguage?) {
        #expect(WordLanguage(tag: tag) == language)
    }

    @Test func `every language but one has its algorithm`() {
        for language in WordLanguage.allCases where language != .unstemmed { #expect(Stemmer(language) != nil, "\(language)") }
    }

    @Test func `terms are cut, and long compounds have no name of their own`() throws {
        let long = String(repeating: "é", count: 100_000)
        #expect(try terms(long).keys.allSatisfy { $0.utf8.count <= 64 })
        let path = Array(repeating: "part", count: 5000).joined(separator: "/")
        #expect(try terms(path, "en").keys.sorted() == ["part"])
    }

    @Test func `bytes that are not UTF-8 harm nothing`() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let terms = analyzer.passageTerms(of: [bytes, Array("sound".utf8)], language: ["de", "th", nil].randomElement(using: &random) ?? nil)
            #expect(throws: Never.self) { try WordSegment(documents: [(0, terms)]) }
            _ = analyzer.query(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: AnalysisTests.naughtyStrings.path), "needs ../shared/data/naughty-strings.json"))
    func `hostile strings find themselves, or have no word`() throws {
        for string in try JSONDecoder().decode([String].self, from: Data(contentsOf: Self.naughtyStrings)) {
            let query = analyzer.query(string)
            let isWordless = try terms(string).isEmpty
            // Ideographs in pairs, quotes and stars mean something in a query: a string need not find itself by them, but one without a word has no term.
            if isWordless { #expect(query.isEmpty, "\(string)") }
            if !query.isEmpty, query.phrases.isEmpty, !string.contains("*") { #expect(try analyzer.finds(string, in: string), "\(string)") }
        }
    }

    static let naughtyStrings = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/data/naughty-strings.json")
}
