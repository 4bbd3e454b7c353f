/// Runs histories. The same history and mistakes, the same run.
package enum Simulator {
    /// How one history went.
    package struct Run: Sendable {
        /// The first broken rule.
        package let violation: Violation?
        /// Before which of their steps workers were killed, where the fault named one.
        package let crashes: Set<Step>
    }

    /// - Parameter listener: is told of every step.
    package static func run(_ history: History, mistakes: Set<Mistake> = [], listener: ((String) -> Void)? = nil) -> Run {
        let world = World(history, mistakes: mistakes, listener: listener)
        let violation = world.run()
        return Run(violation: violation, crashes: world.faults.crashes)
    }

    /// The smallest history found that breaks the same rule: records and faults are left out, by halves and then one by one, while it still does. With
    /// fewer of them everything comes at other times, so each is tried with a few timings, and with faults that strike earlier.
    package static func shrink(_ history: History, _ violation: Violation, mistakes: Set<Mistake> = []) -> (history: History, violation: Violation) {
        var best = (history: history, violation: violation)
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for size in sizes(best.history.count) {
                var start = 0
                while start < best.history.count {
                    if let smaller = failing(best.history.without(start..<start + size), best.violation.rule, mistakes) {
                        best = smaller
                        isSmaller = true
                    } else {
                        start += size
                    }
                }
            }
        }
        return best
    }

    private static func failing(_ history: History, _ rule: Rule, _ mistakes: Set<Mistake>) -> (history: History, violation: Violation)? {
        var random = Generator(seed: history.seed)
        for attempt in 0...timings {
            var history = history
            if attempt > 0 { history.timing = attempt }
            if attempt > timings / 2 { history.faults = history.faults.map { $0.earlier(&random) } }
            if let violation = run(history, mistakes: mistakes).violation, violation.rule == rule { return (history, violation) }
        }
        return nil
    }

    /// Enough to shrink most histories to a handful of lines, in seconds.
    private static let timings: UInt64 = 16

    private static func sizes(_ count: Int) -> [Int] {
        var sizes = [max(1, count / 2)]
        while let last = sizes.last, last > 1 { sizes.append(last / 2) }
        return sizes
    }
}

extension History {
    fileprivate var count: Int { records.count + faults.count }

    /// Records and faults in one row, faults first.
    fileprivate func without(_ range: Range<Int>) -> History {
        var smaller = self
        smaller.faults = faults.enumerated().filter { !range.contains($0.offset) }.map(\.element)
        smaller.records = records.enumerated().filter { !range.contains($0.offset + faults.count) }.map(\.element)
        return smaller
    }
}
