import Simulation
import Testing

/// `make simulate` runs ten thousand histories; these are enough to see that nothing is broken, and that what is broken would be seen.
struct SimulationTests {
    private static let blockSize: UInt64 = 50

    @Test(arguments: UInt64(0)..<8)
    func `every history keeps every rule`(block: UInt64) {
        for seed in block * Self.blockSize + 1...(block + 1) * Self.blockSize {
            let history = History(seed: seed)
            if let violation = Simulator.run(history).violation { Issue.record("\(violation)\n\(history)") }
        }
    }

    /// The oracle bites: each of these mistakes in a worker or the database breaks a rule within so many histories.
    @Test(arguments: Mistake.allCases)
    func `every mistake that is put in is found`(mistake: Mistake) {
        #expect((UInt64(1)...600).contains { Simulator.run(History(seed: $0), mistakes: [mistake]).violation != nil })
    }

    @Test func `a seed repeats its history, step by step`() {
        for seed in UInt64(1)...5 {
            let runs = (0..<2).map { _ in
                var steps: [String] = []
                _ = Simulator.run(History(seed: seed)) { steps.append($0) }
                return steps
            }
            let firstDifference = zip(runs[0], runs[1]).first { $0 != $1 }
            #expect(firstDifference == nil && runs[0].count == runs[1].count && runs[0].count > 50)
        }
    }

    @Test func `a history that fails is shrunken to one that fails in the same way`() throws {
        let mistakes: Set<Mistake> = [.outcomeNotRepeated]
        let (history, violation) = try #require(
            (UInt64(1)...400).lazy.compactMap { seed in Simulator.run(History(seed: seed), mistakes: mistakes).violation.map { (History(seed: seed), $0) } }
                .first)
        let shrunken = Simulator.shrink(history, violation, mistakes: mistakes)
        #expect(shrunken.violation.rule == violation.rule)
        #expect(shrunken.history.records.count <= 5 && shrunken.history.faults.count <= 3, "\(shrunken.history)")
        #expect(Simulator.run(shrunken.history, mistakes: mistakes).violation?.rule == violation.rule)
    }
}
