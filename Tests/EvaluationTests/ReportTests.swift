import Foundation
import Testing

@testable import Evaluation

struct ReportTests {
    private static let hostile = ["</title><script>alert(1)</script>", "\" onload=\"x", "<\u{301}b>&amp;'", "\u{0}\u{1B}[31m\u{9F}", "]]>", "𝟘 👩‍👩‍👧 ‮rtl"]

    private let run = EvaluationRun(
        suite: "house", cutoffs: Cutoffs(ndcg: 10, recall: 20, precision: 5),
        cases: [
            .init(
                key: CaseKey(query: "q1", mode: .hybrid), asker: "ann",
                answer: .judged(
                    .init(
                        figures: Figures(ndcg: 1.0 / 3, recall: 0.1, precision: 0.2, reciprocalRank: 1), hits: 7, shortfall: 3, leaks: ["a/b"],
                        strangers: 2, milliseconds: 12.5))),
            .init(key: CaseKey(query: "q1", mode: .lexical), asker: "ann", answer: .judged(.init(figures: nil, hits: 0))),
            .init(key: CaseKey(query: "q2", mode: .lexical), asker: "bob", answer: .refused(status: "expired")),
            .init(key: CaseKey(query: "q3", mode: .lexical), asker: "bob", answer: .none),
        ])

    @Test func `a report read back is the same`() throws {
        #expect(try EvaluationRun(parsing: run.json, file: "r") == run)
        #expect(try EvaluationRun(parsing: run.baseline.json, file: "r") == run.baseline)
        #expect(run.baseline.cases[0].judged?.milliseconds == nil)
        #expect(String(decoding: run.json, as: UTF8.self).split(separator: "\n").count == 6)
        let empty = EvaluationRun(suite: "s", cutoffs: Cutoffs(), cases: [])
        #expect(try EvaluationRun(parsing: empty.json, file: "r") == empty)
    }

    @Test func `what is no number comes back as none`() throws {
        let flawed = EvaluationRun(
            suite: "s", cutoffs: Cutoffs(),
            cases: [
                .init(
                    key: CaseKey(query: "q", mode: .vector), asker: "a",
                    answer: .judged(.init(figures: Figures(ndcg: .nan, recall: 1, precision: 1, reciprocalRank: 1), hits: 1)))
            ])
        let read = try EvaluationRun(parsing: flawed.json, file: "r")
        #expect(read.cases[0].figures?.ndcg.isNaN == true)
        #expect(!Gate.judge(read, baseline: nil, Gate.Thresholds()).passes)
    }

    @Test(arguments: ["", "{}", #"{"format":2,"suite":"s"}"#, #"{"format":1,"suite":"s","cutoffs":{"ndcg":10}}"#])
    func `what is no report is refused`(text: String) {
        #expect(throws: SuiteError.self) { try EvaluationRun(parsing: Array(text.utf8), file: "r") }
    }

    @Test func `the page is well formed, and hostile texts stay texts`() throws {
        for text in Self.hostile {
            let figures = Figures(ndcg: 0.5, recall: 1, precision: 1, reciprocalRank: 1)
            let now = EvaluationRun(
                suite: text, cutoffs: Cutoffs(),
                cases: [text, "other"].map {
                    .init(key: CaseKey(query: $0, mode: .hybrid), asker: $0, answer: .judged(.init(figures: figures, hits: 3, leaks: [text], milliseconds: 3)))
                })
            let verdict = Gate.judge(now, baseline: now, Gate.Thresholds())
            let html = EvaluationPage(run: now, baseline: now, verdict: verdict, queryTexts: [text: text]).html
            #expect(XMLCheck.isWellFormed(html.replacing("<!DOCTYPE html>", with: "")), "\(text.debugDescription)")
            #expect(!html.contains("<script") && !html.contains("onload=\"x") && !html.contains("http:") && !html.contains("https:"))
        }
    }

    @Test func `the page is well formed for every kind of run`() {
        let bare = EvaluationRun(suite: "s", cutoffs: Cutoffs(), cases: [])
        for (now, baseline) in [(run, nil), (run, run), (bare, nil), (bare, run), (run, bare)] {
            let page = EvaluationPage(run: now, baseline: baseline, verdict: Gate.judge(now, baseline: baseline, Gate.Thresholds()))
            #expect(XMLCheck.isWellFormed(page.html.replacing("<!DOCTYPE html>", with: "")))
        }
    }

    @Test func `leaks stand before the figures, and questions only where they are asked for`() throws {
        let verdict = Gate.judge(run, baseline: nil, Gate.Thresholds())
        let page = EvaluationPage(run: run, baseline: nil, verdict: verdict).html
        let leak = try #require(page.firstRange(of: "class=\"leak\""))
        let table = try #require(page.firstRange(of: "By mode"))
        #expect(leak.lowerBound < table.lowerBound)
        #expect(!page.contains("how long"))
        #expect(EvaluationPage(run: run, baseline: nil, verdict: verdict, queryTexts: ["q1": "how long"]).html.contains("how long"))
    }
}

/// Whether tags nest, attributes are quoted and nothing is left open: enough of XML for pages that are made of literals and escaped texts.
enum XMLCheck {
    static func isWellFormed(_ text: String) -> Bool {
        var open: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case ">": break
            case "<":
                guard let tag = takeTag(&rest) else { return false }
                if tag.closes {
                    guard open.popLast() == tag.name else { return false }
                } else if !tag.isEmpty {
                    open.append(tag.name)
                }
            case "&":
                guard ["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: { rest.starts(with: $0.unicodeScalars) }) else { return false }
            default: guard scalar.value >= 0x20 || scalar == "\n" else { return false }
            }
        }
        return open.isEmpty
    }

    private static func takeTag(_ rest: inout ArraySlice<Unicode.Scalar>) -> (name: String, closes: Bool, isEmpty: Bool)? {
        guard let end = end(of: rest) else { return nil }
        var inside = rest[..<end]
        rest = rest[(end + 1)...]
        let closes = inside.first == "/"
        if closes { inside = inside.dropFirst() }
        let isEmpty = inside.last == "/"
        let name = inside.prefix { $0.properties.isAlphabetic || $0.properties.numericType != nil }
        return name.isEmpty ? nil : (String(String.UnicodeScalarView(name)), closes, isEmpty)
    }

    /// The bracket that ends a tag: not one inside quotes, where none may stand at all.
    private static func end(of tag: ArraySlice<Unicode.Scalar>) -> Int? {
        var isQuoted = false
        for index in tag.indices {
            switch tag[index] {
            case "\"": isQuoted.toggle()
            case "<": return nil
            case ">" where !isQuoted: return index
            default: break
            }
        }
        return nil
    }
}
