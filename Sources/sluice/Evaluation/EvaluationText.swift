import Contract
import Evaluation

/// A run for people at a terminal.
enum EvaluationText {
    static func render(_ run: EvaluationRun) -> String {
        let cases = run.cases.count
        var text = "\(printable(run.suite)): \(cases) \(cases == 1 ? "answer" : "answers")\n\n" + byMode(run)
        if run.askers.count > 1 { text += "\n" + byAsker(run) }
        let strangers = run.modes.map { run.summary($0).strangers }.reduce(0, +)
        if strangers > 0 { text += "\n\(strangers) hits are of documents that the suite has not: its tenant holds something else\n" }
        return text
    }

    static func render(_ verdict: Gate.Verdict, _ cutoffs: Cutoffs) -> String {
        var text = ""
        if !verdict.comparisons.isEmpty {
            var table = TextTable([
                ("MODE", .left), ("FIGURE", .left), ("BASELINE", .right), ("NOW", .right), ("CHANGE", .right), ("P(DROP)", .right), ("", .left),
            ])
            for one in verdict.comparisons {
                table.append([
                    one.mode.rawValue, one.measure.title(cutoffs), decimal(one.before, places: 4), decimal(one.after, places: 4),
                    signed(one.after - one.before), decimal(one.probability, places: 4), one.isDrop ? "drop" : "",
                ])
            }
            text = table.render() + "\n"
        }
        for failure in verdict.failures { text += "FAILED  \(describe(failure, cutoffs))\n" }
        return text
            + (verdict.passes
                ? "the gate is passed\n" : "the gate is closed: \(verdict.failures.count) \(verdict.failures.count == 1 ? "reason" : "reasons")\n")
    }

    private static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("SHORT", .right), ("LEAKS", .right), ("UNANSWERED", .right), ("P50", .right), ("P95", .right),
    ]

    private static func byMode(_ run: EvaluationRun) -> String {
        var table = TextTable([("MODE", .left), ("QUERIES", .right)] + Measure.allCases.map { ($0.title(run.cutoffs), .right) } + columns)
        for mode in run.modes {
            let summary = run.summary(mode)
            table.append([mode.rawValue, "\(summary.cases)"] + Measure.allCases.map { decimal(summary.means[$0], places: 4) } + cells(summary))
        }
        return table.render()
    }

    private static func byAsker(_ run: EvaluationRun) -> String {
        var table = TextTable(
            [("ASKER", .left), ("MODE", .left), ("QUERIES", .right)] + [Measure.ndcg, .recall].map { ($0.title(run.cutoffs), .right) } + columns)
        for asker in run.askers {
            for mode in run.modes {
                let summary = run.summary(mode, asker: asker)
                guard summary.cases > 0 else { continue }
                let figures = [Measure.ndcg, .recall].map { decimal(summary.means[$0], places: 4) }
                table.append([printable(asker), mode.rawValue, "\(summary.cases)"] + figures + cells(summary))
            }
        }
        return table.render()
    }

    private static func cells(_ summary: Summary) -> [String] {
        ["\(summary.short)", "\(summary.leaks)", "\(summary.unanswered)"]
            + [0.5, 0.95].map { share in summary.latency(share: share).map { "\(decimal($0, places: 1)) ms" } ?? "–" }
    }

    private static func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + decimal(value, places: 4) }

    private static func describe(_ failure: Gate.Failure, _ cutoffs: Cutoffs) -> String {
        printable(failure.description(cutoffs))
    }
}
