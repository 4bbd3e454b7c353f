import Contract

/// What came of every question of a suite: what reports and baselines are made of.
package struct EvaluationRun: Sendable, Equatable {
    package let suite: String
    package let cutoffs: Cutoffs
    package let cases: [Case]

    package init(suite: String, cutoffs: Cutoffs, cases: [Case]) {
        self.suite = suite
        self.cutoffs = cutoffs
        self.cases = cases
    }

    /// One query in one mode.
    package struct Case: Sendable, Equatable {
        package let key: CaseKey
        package let asker: String
        package let answer: Answer

        package init(key: CaseKey, asker: String, answer: Answer) {
            self.key = key
            self.asker = asker
            self.answer = answer
        }
    }

    package enum Answer: Sendable, Equatable {
        case judged(Judged)
        /// Answered with another status than `ok`.
        case refused(status: String)
        case none
    }

    package struct Judged: Sendable, Equatable {
        /// Nothing where the suite judges no document of this query.
        package let figures: Figures?
        package let hits: Int
        /// Hits fewer than there had to be.
        package let shortfall: Int
        /// Documents among the hits that the asker may not see, each once.
        package let leaks: [String]
        /// Hits of documents that are not in the suite: the tenant holds something else.
        package let strangers: Int
        /// From asking to having the answer; nothing in a baseline.
        package let milliseconds: Double?

        package init(figures: Figures?, hits: Int, shortfall: Int = 0, leaks: [String] = [], strangers: Int = 0, milliseconds: Double? = nil) {
            self.figures = figures
            self.hits = hits
            self.shortfall = shortfall
            self.leaks = leaks
            self.strangers = strangers
            self.milliseconds = milliseconds
        }
    }

    /// Without what differs from run to run.
    package var baseline: EvaluationRun {
        let cases = self.cases.map { one in
            guard case .judged(let it) = one.answer else { return one }
            let timeless = Judged(figures: it.figures, hits: it.hits, shortfall: it.shortfall, leaks: it.leaks, strangers: it.strangers)
            return Case(key: one.key, asker: one.asker, answer: .judged(timeless))
        }
        return EvaluationRun(suite: suite, cutoffs: cutoffs, cases: cases)
    }
}

package struct CaseKey: Hashable, Sendable {
    package let query: String
    package let mode: Query.Mode

    package init(query: String, mode: Query.Mode) {
        self.query = query
        self.mode = mode
    }
}

extension EvaluationRun.Case {
    package var judged: EvaluationRun.Judged? { if case .judged(let judged) = answer { judged } else { nil } }
    package var figures: Figures? { judged?.figures }
}

extension Suite {
    /// Judges one answer.
    ///
    /// - Parameters:
    ///   - hits: best first, a document as often as it has passages among them.
    ///   - isTruncated: whether the answer says that more would not have fitted: then it may be short.
    package func judge(_ query: Query, _ mode: Contract.Query.Mode, hits: [DocumentName], isTruncated: Bool, milliseconds: Double) -> EvaluationRun.Case {
        let found = Set(hits)
        let corpus = documentNames
        let leaks = found.filter { query.forbidden.contains($0) || corpus.contains($0) && query.visible?.contains($0) == false }
        let judged = EvaluationRun.Judged(
            figures: Figures(of: hits, gains: query.gains, cutoffs: settings.cutoffs), hits: hits.count,
            shortfall: isTruncated ? 0 : max(0, leastHits(query, mode) - hits.count), leaks: leaks.sorted().map(\.description),
            strangers: hits.count { !corpus.contains($0) }, milliseconds: milliseconds)
        return EvaluationRun.Case(key: CaseKey(query: query.id, mode: mode), asker: query.askerName, answer: .judged(judged))
    }

    /// As many hits as there have to be: every visible document with a text has a passage, and every passage has a vector. What words match is not known here.
    private func leastHits(_ query: Query, _ mode: Contract.Query.Mode) -> Int {
        mode == .lexical ? 0 : min(settings.limit, query.visibleWithText ?? 0)
    }
}
