import Testing

@testable import Evaluation

struct GateTests {
    private static let thresholds = Gate.Thresholds()

    /// Thirty queries, each with its own level.
    private func run(_ ndcg: (Int) -> Double) -> EvaluationRun {
        run(answers: (0..<30).map { .judged(.init(figures: figures(ndcg($0)), hits: 10)) })
    }

    private func run(answers: [EvaluationRun.Answer]) -> EvaluationRun {
        EvaluationRun(
            suite: "s", cutoffs: Cutoffs(), cases: answers.enumerated().map { .init(key: CaseKey(query: "\($0)", mode: .hybrid), asker: "a", answer: $1) })
    }

    private func figures(_ ndcg: Double) -> Figures { Figures(ndcg: ndcg, recall: 1, precision: 0.1, reciprocalRank: 1) }

    private func before(_ query: Int) -> Double { 0.4 + Double(query % 7) / 20 }

    private func failures(_ now: EvaluationRun, _ baseline: EvaluationRun?) -> [Gate.Failure] {
        Gate.judge(now, baseline: baseline, Self.thresholds).failures
    }

    @Test func `equal runs pass`() {
        let verdict = Gate.judge(run(before), baseline: run(before), Self.thresholds)
        #expect(verdict.passes)
        #expect(verdict.comparisons.map(\.probability) == [1, 1])
    }

    @Test func `a real drop fails`() throws {
        let failure = try #require(failures(run { before($0) - 0.05 - Double($0 % 3) / 100 }, run(before)).first)
        guard case .drop(let drop) = failure else { throw SuiteError("", "no drop") }
        #expect(drop.measure == .ndcg)
        #expect(drop.probability < 0.001)
    }

    @Test func `noise passes, whichever way it falls`() {
        // As many queries up as down, by as much but for a little.
        #expect(failures(run { before($0) + ($0 % 2 == 0 ? 0.2 : -0.23) }, run(before)) == [])
        #expect(failures(run { before($0) + 0.2 }, run(before)) == [])
    }

    @Test func `a drop that is real and does not matter passes`() {
        #expect(failures(run { before($0) - 0.009 }, run(before)) == [])
        #expect(failures(run { before($0) - 0.011 }, run(before)) != [])
    }

    @Test func `one leak fails, before anything else is said`() {
        var answers = run(before).cases.map(\.answer)
        answers[0] = .none
        answers[7] = .judged(.init(figures: figures(1), hits: 10, leaks: ["hr/salaries"]))
        let found = failures(run(answers: answers), run(before))
        #expect(found.first == .leak(CaseKey(query: "7", mode: .hybrid), documents: ["hr/salaries"]))
        #expect(found.contains(.unanswered(CaseKey(query: "0", mode: .hybrid), status: nil)))
        #expect(failures(run(answers: answers), nil).count == 2)
    }

    @Test(arguments: [Double.nan, .infinity]) func `what is no number fails on either side`(value: Double) {
        let key = CaseKey(query: "4", mode: .hybrid)
        let flawed = run { $0 == 4 ? value : before($0) }
        #expect(failures(flawed, run(before)).contains(.notANumber(key)))
        #expect(failures(run(before), flawed).contains(.notANumber(key)))
    }

    @Test func `a missing case fails on either side`() {
        let all = run(before)
        let fewer = EvaluationRun(suite: "s", cutoffs: Cutoffs(), cases: Array(all.cases.dropLast()))
        let key = CaseKey(query: "29", mode: .hybrid)
        #expect(failures(fewer, all) == [.missing(key)])
        #expect(failures(all, fewer) == [.unknown(key)])
    }

    @Test func `figures that have come or gone fail`() {
        var answers = run(before).cases.map(\.answer)
        answers[3] = .judged(.init(figures: nil, hits: 0))
        #expect(failures(run(answers: answers), run(before)) == [.unknown(CaseKey(query: "3", mode: .hybrid))])
    }

    @Test func `an answer that is short or refused fails`() {
        var answers = run(before).cases.map(\.answer)
        answers[1] = .judged(.init(figures: figures(before(1)), hits: 8, shortfall: 2))
        answers[2] = .refused(status: "unavailable")
        let expected: [Gate.Failure] = [
            .unanswered(CaseKey(query: "2", mode: .hybrid), status: "unavailable"), .short(CaseKey(query: "1", mode: .hybrid), by: 2),
        ]
        #expect(failures(run(answers: answers), run(before)) == expected)
    }

    @Test func `other cut-offs or another suite cannot be compared`() {
        let other = EvaluationRun(suite: "s", cutoffs: Cutoffs(ndcg: 5), cases: run(before).cases)
        #expect(failures(run(before), other) == [.incomparable])
    }

    // MARK: - The test

    @Test func `the probability is that of all signs, counted`() {
        // Of eight sign patterns of 1, 2, 4 the sums at most -5 are -7 and -5.
        #expect(abs(PairedTest.probabilityOfDrop([1, -2, -4]) - 2.0 / 8) < 0.02)
        #expect(abs(PairedTest.probabilityOfDrop([-1, -1, -1, -1]) - 1.0 / 16) < 0.01)
        #expect(abs(PairedTest.probabilityOfDrop([1, 1, 1, 1]) - 1) < 1e-9)
        #expect(PairedTest.probabilityOfDrop([0, 0]) == 1)
        #expect(PairedTest.probabilityOfDrop([]) == 1)
        #expect(PairedTest.probabilityOfDrop([0.1, .nan]).isNaN)
    }

    @Test func `equal figures are always judged alike`() {
        let differences = (0..<100).map { Double($0 % 11) - 5.2 }
        #expect(PairedTest.probabilityOfDrop(differences) == PairedTest.probabilityOfDrop(differences))
    }

    /// Of many changes without effect, about as many are called drops as the level says.
    @Test func `false alarms are as rare as the level`() {
        var generator = SplitMix64(state: 7)
        let alarms = (0..<120).count { _ in
            PairedTest.probabilityOfDrop((0..<20).map { _ in Double.random(in: -1...1, using: &generator) }, rounds: 1000) < 0.05
        }
        #expect((1...15).contains(alarms), "\(alarms) of 120")
    }
}
