import Contract

/// Decides whether what a run measured may be shipped.
package enum Gate {
    package struct Thresholds: Sendable, Equatable {
        /// A drop less probable than this, if nothing had changed, is real.
        package var level = 0.05
        /// A smaller drop of a mean does not matter even where it is real.
        package var drop = 0.01

        package init() {}
    }

    /// A mean before and after.
    package struct Comparison: Sendable, Equatable {
        package let mode: Query.Mode
        package let measure: Measure
        package let before: Double
        package let after: Double
        /// Of queries judged on both sides.
        package let queries: Int
        package let probability: Double
        package let isDrop: Bool
    }

    package enum Failure: Sendable, Equatable {
        case leak(CaseKey, documents: [String])
        case short(CaseKey, by: Int)
        case unanswered(CaseKey, status: String?)
        case notANumber(CaseKey)
        /// The baseline has a case that the run has not.
        case missing(CaseKey)
        /// The run has a case that the baseline has not, or the other way round has figures.
        case unknown(CaseKey)
        /// Other cut-offs, or another suite.
        case incomparable
        case drop(Comparison)
    }

    package struct Verdict: Sendable, Equatable {
        /// Leaks first.
        package let failures: [Failure]
        package let comparisons: [Comparison]

        package var passes: Bool { failures.isEmpty }
    }

    /// What is gated. Precision and the reciprocal rank follow nDCG too closely to be asked as well: every further test is a further false alarm.
    private static let measures: [Measure] = [.ndcg, .recall]

    /// - Parameter baseline: nothing for what can be told without one.
    package static func judge(_ run: EvaluationRun, baseline: EvaluationRun?, _ thresholds: Thresholds) -> Verdict {
        var failures = run.cases.flatMap { flaws(of: $0) }
        guard let baseline else { return Verdict(failures: failures.sortedBySeverity, comparisons: []) }
        guard baseline.suite == run.suite, baseline.cutoffs == run.cutoffs else {
            return Verdict(failures: (failures + [.incomparable]).sortedBySeverity, comparisons: [])
        }
        let before = Dictionary(baseline.cases.map { ($0.key, $0) }) { $1 }
        let after = Dictionary(run.cases.map { ($0.key, $0) }) { $1 }
        failures += baseline.cases.filter { after[$0.key] == nil }.map { .missing($0.key) }
        for one in run.cases where one.judged != nil {
            guard let other = before[one.key], let earlier = other.judged, (earlier.figures == nil) == (one.figures == nil) else {
                failures.append(.unknown(one.key))
                continue
            }
            if earlier.figures?.isFinite == false { failures.append(.notANumber(one.key)) }
        }
        let comparisons = run.modes.flatMap { mode in measures.compactMap { compare(run, before, mode, $0, thresholds) } }
        failures += comparisons.filter(\.isDrop).map { .drop($0) }
        return Verdict(failures: failures.sortedBySeverity, comparisons: comparisons)
    }

    private static func flaws(of one: EvaluationRun.Case) -> [Failure] {
        switch one.answer {
        case .none: return [.unanswered(one.key, status: nil)]
        case .refused(let status): return [.unanswered(one.key, status: status)]
        case .judged(let judged):
            var flaws: [Failure] = []
            if !judged.leaks.isEmpty { flaws.append(.leak(one.key, documents: judged.leaks)) }
            if judged.shortfall > 0 { flaws.append(.short(one.key, by: judged.shortfall)) }
            if judged.figures?.isFinite == false || judged.milliseconds?.isFinite == false { flaws.append(.notANumber(one.key)) }
            return flaws
        }
    }

    private static func compare(
        _ run: EvaluationRun, _ before: [CaseKey: EvaluationRun.Case], _ mode: Query.Mode, _ measure: Measure, _ thresholds: Thresholds
    ) -> Comparison? {
        let pairs = run.cases.filter { $0.key.mode == mode }.compactMap { one in
            one.figures.flatMap { after in before[one.key]?.figures.map { ($0[measure], after[measure]) } }
        }
        guard !pairs.isEmpty else { return nil }
        let count = Double(pairs.count)
        let (old, new) = (pairs.reduce(0) { $0 + $1.0 } / count, pairs.reduce(0) { $0 + $1.1 } / count)
        let probability = PairedTest.probabilityOfDrop(pairs.map { $0.1 - $0.0 })
        // Figures that are no numbers fail by themselves; they compare as false here.
        let isDrop = old - new > thresholds.drop && probability < thresholds.level
        return Comparison(mode: mode, measure: measure, before: old, after: new, queries: pairs.count, probability: probability, isDrop: isDrop)
    }
}

extension [Gate.Failure] {
    /// In the order of the cases, but by kind first.
    fileprivate var sortedBySeverity: [Gate.Failure] {
        enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }.map(\.element)
    }
}

extension Gate.Failure {
    fileprivate var severity: Int {
        switch self {
        case .leak: 0
        case .notANumber: 1
        case .unanswered: 2
        case .short: 3
        case .missing, .unknown, .incomparable: 4
        case .drop: 5
        }
    }
}

extension Gate.Failure {
    /// For people; names queries and, of a leak, its documents.
    package func description(_ cutoffs: Cutoffs) -> String {
        switch self {
        case .leak(let key, let documents): "\(key): shows what its asker may not see: \(documents.joined(separator: ", "))"
        case .short(let key, let count): "\(key): \(count) hits fewer than the asker can see"
        case .unanswered(let key, let status): "\(key): " + (status.map { "answered \($0)" } ?? "no answer")
        case .notANumber(let key): "\(key): a figure is no number"
        case .missing(let key): "\(key): the baseline has it, this run has not"
        case .unknown(let key): "\(key): the baseline has no such figures; --update takes this run as the new one"
        case .incomparable: "the baseline is of another suite or has other cut-offs; --update takes this run as the new one"
        case .drop(let drop): "\(drop.mode.rawValue): \(drop.measure.title(cutoffs)) fell, over \(drop.queries) queries, and not by chance"
        }
    }
}

extension CaseKey: CustomStringConvertible {
    package var description: String { "\(query) (\(mode.rawValue))" }
}
