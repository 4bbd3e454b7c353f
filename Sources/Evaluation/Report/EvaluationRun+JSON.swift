import Contract

/// A run as a file: a report, and without its latencies a baseline.
///
/// ```json
/// {"format":1,"suite":"house","cutoffs":{"ndcg":10,"recall":100,"precision":10},"cases":[
/// {"query":"q1","mode":"hybrid","asker":"ada","hits":12,"shortfall":0,"strangers":0,"leaks":[],"ndcg":1.0,"recall":1.0,"precision":0.1,"reciprocalRank":1.0},
/// {"query":"q2","mode":"hybrid","asker":"ada","status":"unavailable"}]}
/// ```
///
/// Figures are absent where nothing is judged, and `null` where they are no numbers. One line a case, so that a changed baseline can be read as a difference.
extension EvaluationRun {
    private static let format = 1

    package var json: [UInt8] {
        var head = JSONWriter()
        head.object {
            $0.member("format", Self.format)
            $0.member("suite", suite)
            $0.member("cutoffs") {
                $0.object {
                    $0.member("ndcg", cutoffs.ndcg)
                    $0.member("recall", cutoffs.recall)
                    $0.member("precision", cutoffs.precision)
                }
            }
            $0.member("cases") { $0.array([Case]()) { _, _ in } }
        }
        // Opened again to put each case on its own line.
        var bytes = Array(head.bytes.dropLast(2))
        for (index, one) in cases.enumerated() {
            bytes.append(contentsOf: index == 0 ? "\n".utf8 : ",\n".utf8)
            bytes.append(contentsOf: one.json)
        }
        bytes.append(contentsOf: "\n]}\n".utf8)
        return bytes
    }

    /// - Parameter file: what an error calls it.
    /// - Throws: `SuiteError`.
    package init(parsing bytes: [UInt8], file: String) throws(SuiteError) {
        guard let json = try? JSON.parse(bytes) else { throw SuiteError(file, "not JSON") }
        let object = try SuiteObject(json, file, members: ["format", "suite", "cutoffs", "cases"])
        guard try object.integer("format", in: 1...1) != nil, let cutoffs = object.value("cutoffs") else { throw object.flaw("not a report of an evaluation") }
        let limits = try SuiteObject(cutoffs, file, members: ["ndcg", "recall", "precision"])
        func cutoff(_ name: StaticString) throws(SuiteError) -> Int {
            guard let value = try limits.integer(name, in: Query.limits) else { throw limits.flaw("\(name) is missing") }
            return value
        }
        self.init(
            suite: try object.text("suite"),
            cutoffs: Cutoffs(ndcg: try cutoff("ndcg"), recall: try cutoff("recall"), precision: try cutoff("precision")),
            cases: try Self.cases(object))
    }

    private static func cases(_ object: SuiteObject) throws(SuiteError) -> [Case] {
        var cases: [Case] = []
        var keys = Set<CaseKey>()
        let members = Set(["query", "mode", "asker", "hits", "shortfall", "leaks", "strangers", "milliseconds", "status"] + Measure.allCases.map(\.rawValue))
        for value in try object.elements("cases") {
            let one = try Case(
                SuiteObject(
                    value, object.file,
                    members: members))
            guard keys.insert(one.key).inserted else { throw object.flaw("a case stands twice") }
            cases.append(one)
        }
        return cases
    }
}

extension EvaluationRun.Case {
    fileprivate var json: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("query", key.query)
            $0.member("mode", key.mode.rawValue)
            $0.member("asker", asker)
            switch answer {
            case .none: $0.member("status", String?.none)
            case .refused(let status): $0.member("status", status)
            case .judged(let judged): judged.write(&$0)
            }
        }
        return json.bytes
    }

    fileprivate init(_ object: SuiteObject) throws(SuiteError) {
        guard let mode = Query.Mode(rawValue: try object.text("mode")) else { throw object.flaw("mode is hybrid, vector or lexical") }
        let answer: EvaluationRun.Answer
        if let status = object.json["status"] {
            answer = status.string.map { .refused(status: $0) } ?? .none
        } else {
            answer = .judged(try EvaluationRun.Judged(object))
        }
        self.init(key: CaseKey(query: try object.text("query"), mode: mode), asker: try object.text("asker"), answer: answer)
    }
}

extension EvaluationRun.Judged {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("hits", hits)
        json.member("shortfall", shortfall)
        json.member("strangers", strangers)
        json.member("leaks") { $0.array(leaks) { $0.value($1) } }
        if let figures {
            for measure in Measure.allCases { json.member(measure.rawValue) { $0.value(exact: figures[measure]) } }
        }
        if let milliseconds { json.member("milliseconds") { $0.value(rounded: milliseconds) } }
    }

    fileprivate init(_ object: SuiteObject) throws(SuiteError) {
        func count(_ name: StaticString) throws(SuiteError) -> Int { try object.integer(name, in: 0...1_000_000) ?? 0 }
        func figure(_ name: StaticString) throws(SuiteError) -> Double { try object.number(name, in: 0...1) ?? .nan }
        let isJudged = object.json["ndcg"] != nil
        let figures =
            isJudged
            ? Figures(
                ndcg: try figure("ndcg"), recall: try figure("recall"), precision: try figure("precision"), reciprocalRank: try figure("reciprocalRank"))
            : nil
        self.init(
            figures: figures, hits: try count("hits"), shortfall: try count("shortfall"), leaks: try object.texts("leaks"),
            strangers: try count("strangers"), milliseconds: try object.number("milliseconds", in: 0...1e9))
    }
}

extension JSONWriter {
    /// In the shortest digits that read back as the same number; `null` for what is none.
    fileprivate mutating func value(exact value: Double) {
        self.value(verbatim: Array((value.isFinite ? "\(value)" : "null").utf8))
    }
}
