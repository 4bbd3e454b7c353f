import Testing

@testable import Evaluation

struct MeasureTests {
    private let cutoffs = Cutoffs(ndcg: 3, recall: 4, precision: 2)

    @Test func `figures are those computed by hand`() throws {
        // Gains found 0, 3, 0, 2 of 3, 2, 1: discounts 1, 1/log2 3, 1/2.
        let figures = try #require(Figures(of: ["x", "a", "y", "b"], gains: ["a": 3, "b": 2, "c": 1], cutoffs: cutoffs))
        #expect(abs(figures.ndcg - 3 * 0.6309297535714574 / (3 + 2 * 0.6309297535714574 + 0.5)) < 1e-12)
        #expect(figures.recall == 2.0 / 3)
        #expect(figures.precision == 0.5)
        #expect(figures.reciprocalRank == 0.5)
    }

    @Test func `a perfect answer has 1 everywhere, an empty one 0`() throws {
        let gains = ["a": 4.0, "b": 1]
        let best = try #require(Figures(of: ["a", "b"], gains: gains, cutoffs: cutoffs))
        #expect(best == Figures(ndcg: 1, recall: 1, precision: 1, reciprocalRank: 1))
        let none = try #require(Figures(of: [String](), gains: gains, cutoffs: cutoffs))
        #expect(none == Figures(ndcg: 0, recall: 0, precision: 0, reciprocalRank: 0))
    }

    @Test func `passages of one document count once, at the best rank`() throws {
        let gains = ["a": 2.0, "b": 1]
        #expect(Figures(of: ["a", "a", "a", "b"], gains: gains, cutoffs: cutoffs) == Figures(of: ["a", "b"], gains: gains, cutoffs: cutoffs))
        #expect(Figures(of: ["x", "x", "a"], gains: gains, cutoffs: cutoffs)?.reciprocalRank == 0.5)
    }

    @Test func `without a relevant document nothing is measured`() {
        #expect(Figures(of: ["a"], gains: [:], cutoffs: cutoffs) == nil)
        #expect(Figures(of: ["a"], gains: ["a": 0], cutoffs: cutoffs) == nil)
    }

    /// Every ranking of four of five documents against the sums written out, and the ideal found by trying all.
    @Test func `figures agree with an oracle that tries everything`() throws {
        let discounts = [1, 0.6309297535714574, 0.5]
        let gains = [0: 0.0, 1: 1, 2: 1, 3: 2, 4: 5].filter { $0.value > 0 }
        func gain(_ ranking: [Int]) -> Double { zip(ranking, discounts).reduce(0) { $0 + (gains[$1.0] ?? 0) * $1.1 } }
        let rankings = arrangements(of: [0, 1, 2, 3, 4], length: 4)
        #expect(rankings.count == 120)
        let ideal = try #require(rankings.map(gain).max())
        for ranking in rankings {
            let figures = try #require(Figures(of: ranking, gains: gains, cutoffs: cutoffs))
            #expect(abs(figures.ndcg - gain(ranking) / ideal) < 1e-12, "\(ranking)")
            #expect(figures.recall == Double(ranking.count { $0 != 0 }) / 4)
            #expect(figures.precision == Double(ranking.prefix(2).count { $0 != 0 }) / 2)
            #expect(figures.reciprocalRank == (ranking[0] == 0 ? 0.5 : 1))
        }
    }

    private func arrangements(of items: [Int], length: Int) -> [[Int]] {
        length == 0 ? [[]] : items.flatMap { first in arrangements(of: items.filter { $0 != first }, length: length - 1).map { [first] + $0 } }
    }

    @Test(arguments: [(0.0, 1.0), (0.5, 2), (0.51, 3), (0.95, 4), (1, 4)])
    func `a percentile is the least value that so many do not exceed`(share: Double, expected: Double) {
        let cases = [3.0, 1, 4, 2].enumerated().map { index, milliseconds in
            EvaluationRun.Case(
                key: CaseKey(query: "\(index)", mode: .vector), asker: "a", answer: .judged(.init(figures: nil, hits: 0, milliseconds: milliseconds)))
        }
        #expect(Summary(cases).latency(share: share) == expected)
        #expect(Summary([]).latency(share: share) == nil)
    }

    @Test func `means are over what is judged, and what has no answer is counted`() {
        let half = Figures(ndcg: 0.5, recall: 1, precision: 0, reciprocalRank: 0)
        let answers: [EvaluationRun.Answer] = [
            .judged(.init(figures: half, hits: 1, shortfall: 2, leaks: ["a/b", "a/c"])), .judged(.init(figures: nil, hits: 9, strangers: 3)),
            .refused(status: "expired"), .none,
        ]
        let summary = Summary(answers.enumerated().map { .init(key: CaseKey(query: "\($0)", mode: .hybrid), asker: "a", answer: $1) })
        #expect(summary.means == half)
        #expect([summary.cases, summary.judged, summary.short, summary.leaks, summary.unanswered, summary.strangers] == [4, 1, 1, 2, 2, 3])
    }
}
