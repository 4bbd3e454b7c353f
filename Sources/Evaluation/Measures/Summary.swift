import Contract

/// Several cases in one line of a report.
package struct Summary: Sendable, Equatable {
    package let cases: Int
    /// Cases that some document is judged for; means are over these.
    package let judged: Int
    /// NaN where nothing is judged.
    package let means: Figures
    /// Cases with fewer hits than there had to be.
    package let short: Int
    /// Hidden documents shown, over all cases.
    package let leaks: Int
    /// Cases without an answer.
    package let unanswered: Int
    package let strangers: Int
    /// Milliseconds.
    package let latencies: [Double]

    package init(_ cases: some Collection<EvaluationRun.Case>) {
        let answers = cases.compactMap(\.judged)
        let figures = answers.compactMap(\.figures)
        func mean(_ measure: Measure) -> Double { figures.reduce(0) { $0 + $1[measure] } / Double(figures.count) }
        self.cases = cases.count
        judged = figures.count
        means = Figures(ndcg: mean(.ndcg), recall: mean(.recall), precision: mean(.precision), reciprocalRank: mean(.reciprocalRank))
        short = answers.count { $0.shortfall > 0 }
        leaks = answers.reduce(0) { $0 + $1.leaks.count }
        unanswered = cases.count - answers.count
        strangers = answers.reduce(0) { $0 + $1.strangers }
        latencies = answers.compactMap(\.milliseconds).sorted()
    }

    /// The least value that so large a share of all values does not exceed (the nearest-rank definition); nothing without values.
    package func latency(share: Double) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let rank = (share * Double(latencies.count)).rounded(.up)
        return latencies[min(latencies.count, max(1, Int(rank))) - 1]
    }
}

extension EvaluationRun {
    /// In the contract's order of modes.
    package var modes: [Query.Mode] { Query.Mode.allCases.filter { mode in cases.contains { $0.key.mode == mode } } }

    /// In the order in which they first ask.
    package var askers: [String] {
        var seen = Set<String>()
        return cases.map(\.asker).filter { seen.insert($0).inserted }
    }

    package func summary(_ mode: Query.Mode, asker: String? = nil) -> Summary {
        Summary(cases.filter { $0.key.mode == mode && (asker == nil || $0.asker == asker) })
    }
}
