import Contract
import Testing

@testable import Evaluation

struct SuiteReaderTests {
    private static let good = [
        "suite.json": #"{"name":"s","tenant":"eval-s","source":"wiki","limit":10,"askers":{"ann":{"user":"user:ann"},"bob":{"token":"t"}}}"#,
        "corpus.jsonl": """
        {"document":"leave","title":"Leave","text":"days","container":"hr"}
        {"document":"pay","text":"bands","container":"board"}

        {"document":"empty","text":" ","container":"hr"}
        """,
        "permissions.jsonl": """
        {"subject":"hr","parent":"top"}
        {"subject":"top","allow":["group:d/outer"]}
        {"subject":"board","allow":["everyone"],"deny":["user:ann"]}
        """,
        "memberships.jsonl": """
        {"group":"group:d/outer","members":["group:d/inner"]}
        {"group":"group:d/inner","members":["user:ann","group:d/outer"]}
        """,
        "queries.jsonl": """
        {"id":"q1","text":"how many days","asker":"ann","judgements":{"leave":3,"pay":0},"mustNotSee":["pay"]}
        {"id":"q2","text":"pay","asker":"bob","modes":["lexical"],"judgements":{"wiki/pay":1}}
        {"id":"q3","text":"pay","asker":{"user":"user:zoe","groups":["group:d/inner"]}}
        """,
    ]

    private func read(_ changes: [String: String?] = [:], files: [String] = []) throws(SuiteError) -> Suite {
        let all = Self.good.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key, default: ""] != nil }
        return try SuiteReader.read({ all[$0].map { Array($0.utf8) } }, files: { files })
    }

    private func error(_ changes: [String: String?]) -> String {
        do throws(SuiteError) {
            _ = try read(changes)
            return "none"
        } catch {
            return error.description
        }
    }

    private func name(_ subject: String) throws -> DocumentName {
        DocumentName(source: try #require(SourceName("wiki")), subject: try #require(Subject(subject)))
    }

    @Test func `a suite is read, and who may see what is worked out`() throws {
        let suite = try read()
        #expect(suite.documents.count == 3)
        #expect(suite.queries.map(\.id) == ["q1", "q2", "q3"])
        let leave = try name("leave")
        let empty = try name("empty")
        #expect(suite.queries[0].gains == [leave: 3])
        #expect(suite.queries[0].visible == [leave, empty])
        #expect(suite.queries[0].visibleWithText == 1)
        #expect(suite.queries[1].visible == nil)
        #expect(suite.queries[1].modes == [.lexical])
        #expect(suite.queries[2].visible?.count == 3)
        #expect(suite.queries[2].askerName == "user:zoe")
        #expect(suite.settings.cutoffs == Cutoffs(ndcg: 10, recall: 10, precision: 10))
    }

    @Test func `an answer is judged by the entries, whether the suite names a leak or not`() throws {
        let suite = try read()
        func judged(_ query: Int, _ mode: Query.Mode, _ hits: [String], isTruncated: Bool = false) throws -> EvaluationRun.Judged {
            try #require(suite.judge(suite.queries[query], mode, hits: hits.map(name), isTruncated: isTruncated, milliseconds: 1).judged)
        }
        #expect(try judged(0, .hybrid, ["leave", "pay", "pay"]).leaks == ["wiki/pay"])
        #expect(try judged(0, .hybrid, []).shortfall == 1)
        #expect(try judged(0, .lexical, []).shortfall == 0)
        #expect(try judged(0, .hybrid, [], isTruncated: true).shortfall == 0)
        #expect(try judged(2, .vector, ["leave"]).shortfall == 1)
        #expect(try judged(2, .vector, ["leave", "other"]).strangers == 1)
        #expect(try judged(1, .lexical, ["leave"]).leaks == [])
    }

    @Test func `without a corpus file every file is a document in its folder`() throws {
        let suite = try read(
            ["corpus.jsonl": nil, "queries.jsonl": #"{"id":"q","text":"x","asker":"ann","judgements":{"hr/leave.md":1}}"#], files: ["hr/leave.md", "top.md"])
        #expect(suite.documents.map(\.container?.text) == ["hr", nil])
        #expect(suite.documents.map(\.content) == [.file("documents/hr/leave.md"), .file("documents/top.md")])
    }

    @Test(arguments: [
        ("suite.json", nil, "suite.json: cannot be read"), ("suite.json", "{", "suite.json: not JSON"),
        ("suite.json", #"{"name":"s"}"#, "suite.json: tenant is missing"), ("suite.json", #"{"name":"s","tenant":"A"}"#, "suite.json: tenant is a-z"),
        ("suite.json", #"{"name":"s","tenant":"a","limit":0}"#, "suite.json: limit is no whole number from 1 to 100"),
        ("suite.json", #"{"name":"s","tenant":"a","limit":5,"cutoffs":{"ndcg":10}}"#, "suite.json: ndcg is no whole number from 1 to 5"),
        ("suite.json", #"{"name":"s","tenant":"a","modes":["hybrid","hybrid"]}"#, "suite.json: modes are hybrid"),
        ("suite.json", #"{"name":"s","tenant":"a","askers":{"x":{"user":"ann"}}}"#, "suite.json: user is user:NAME"),
        ("suite.json", #"{"name":"s","tenant":"a","gate":{"levels":1}}"#, "suite.json: an unknown member; there are: drop, level"),
        ("corpus.jsonl", "{\"document\":\"a\",\"text\":\"x\"}\n{\"document\":\"a\",\"text\":\"y\"}", "corpus.jsonl:2: this document stands on an earlier line"),
        ("corpus.jsonl", "\n\n{\"document\":\"a\"}", "corpus.jsonl:3: a document has either text or file"),
        ("corpus.jsonl", #"{"document":"a","file":"../secret"}"#, "corpus.jsonl:1: file is not below"),
        ("corpus.jsonl", #"{"document":"a","text":1}"#, "corpus.jsonl:1: text is no text"), ("corpus.jsonl", "", "corpus.jsonl: no documents"),
        ("permissions.jsonl", #"{"subject":"hr"}"#, "permissions.jsonl:1: an entry has allow, deny or parent"),
        ("permissions.jsonl", #"{"subject":"hr","allow":["ann"]}"#, "permissions.jsonl:1: allow: user:NAME"),
        ("permissions.jsonl", #"{"subject":"hr","alow":[]}"#, "permissions.jsonl:1: an unknown member"),
        ("memberships.jsonl", #"{"group":"user:ann","members":[]}"#, "memberships.jsonl:1: group is group:SOURCE/NAME"),
        ("queries.jsonl", nil, "queries.jsonl: cannot be read"), ("queries.jsonl", "\n", "queries.jsonl: no queries"),
        ("queries.jsonl", "{\"id\":\"q\",\"text\":\"x\",\"asker\":\"ann\"}\nx", "queries.jsonl:2: not JSON"),
        ("queries.jsonl", #"{"id":"q","text":"x","asker":"eve"}"#, "queries.jsonl:1: asker is none of those in suite.json"),
        (
            "queries.jsonl", #"{"id":"q","text":"x","asker":"ann","judgements":{"nope":1}}"#,
            "queries.jsonl:1: judgements names a document that the corpus has not"
        ),
        ("queries.jsonl", #"{"id":"q","text":"x","asker":"ann","judgements":{"leave":-1}}"#, "queries.jsonl:1: a judgement is a number"),
        ("queries.jsonl", #"{"id":"q","text":"x","asker":"ann","judgements":{"pay":1}}"#, "queries.jsonl:1: judgements name a document that the asker may not"),
        (
            "queries.jsonl", #"{"id":"q","text":"x","asker":"ann","mustNotSee":["leave"]}"#,
            "queries.jsonl:1: mustNotSee names a document that the asker may see"
        ),
        ("queries.jsonl", #"{"id":"q","text":"","asker":"ann"}"#, "queries.jsonl:1: text is missing"),
    ])
    func `what is wrong is told with file and line`(file: String, content: String?, expected: String) {
        #expect(error([file: content]).hasPrefix(expected), "\(error([file: content]))")
    }

    @Test func `an error repeats nothing of the file`() {
        for text in ["secret-canary", "user:secret-canary"] {
            #expect(!error(["queries.jsonl": #"{"id":"q","text":"x","asker":"\#(text)"}"#]).contains("canary"))
            #expect(!error(["permissions.jsonl": #"{"subject":"hr","\#(text)":1}"#]).contains("canary"))
        }
    }
}
