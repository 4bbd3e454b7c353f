import Simulation
import Synchronization

/// Seeded histories of a fleet in virtual time, judged by the contract's rules.
///
///     simulate [--count N] [--seed S] [--mistake NAME] [--steps yes]
///
/// Seeds count up from S. Without `--mistake` every rule must hold; with it the mistake is put in, and a history that shows it is found.
/// `--steps yes` lists every step of the shrunken one.
@main
struct Simulate {
    private var count: UInt64 = 10_000
    private var seed: UInt64 = 1
    private var mistakes: Set<Mistake> = []
    private var listsSteps = false

    private init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--count": guard let number = UInt64(value), number > 0 else { return nil }; count = number
            case "--seed": guard let number = UInt64(value) else { return nil }; seed = number
            case "--mistake": guard let mistake = Mistake(rawValue: value) else { return nil }; mistakes.insert(mistake)
            case "--steps": listsSteps = value == "yes"
            default: return nil
            }
        }
    }

    static func main() async {
        guard let command = Simulate(Array(CommandLine.arguments.dropFirst())) else {
            print("usage: simulate [--count N] [--seed S] [--mistake \(Mistake.allCases.map(\.rawValue).joined(separator: "|"))] [--steps yes]")
            return exit(2)
        }
        exit(await command.run() ? 0 : 1)
    }

    /// - Returns: whether every rule held.
    private func run() async -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        let progress = await search { [count] finished in
            print("\(finished) of \(count) histories, \(Int(Double(finished) / max((clock.now - start) / .seconds(1), 0.001))) a second")
        }
        guard let failed = progress.failed.withLock({ $0 }) else {
            let struck = progress.crashes.withLock { $0.count }
            print("every rule held; workers were killed before \(struck) of their \(Step.allCases.count) kinds of step")
            return true
        }
        let (history, violation) = (History(seed: failed.seed), failed.violation)
        print("\nseed \(failed.seed): \(violation)\nshrinking …")
        let shrunken = Simulator.shrink(history, violation, mistakes: mistakes)
        print("\(shrunken.violation)\n\n\(shrunken.history)\n")
        if listsSteps { _ = Simulator.run(shrunken.history, mistakes: mistakes) { print($0) } }
        print("to replay: make simulate COUNT=1 SEED=\(failed.seed)\(mistakes.map { " MISTAKE=\($0.rawValue)" }.joined())")
        return false
    }

    private struct Failed: Sendable {
        let seed: UInt64
        let violation: Violation
    }

    /// What the cores share.
    private final class Progress: Sendable {
        let next = Atomic<UInt64>(0)
        let finished = Atomic<UInt64>(0)
        let failed = Mutex<Failed?>(nil)
        let crashes = Mutex<Set<Step>>([])

        func fail(_ failure: Failed) {
            failed.withLock { if $0.map({ $0.seed > failure.seed }) != false { $0 = failure } }
        }
    }

    /// On every core at once; of several failures, that of the lowest seed found.
    private func search(report: @escaping @Sendable (UInt64) -> Void) async -> Progress {
        let progress = Progress()
        await withTaskGroup { tasks in
            for _ in 0..<processorCount() {
                tasks.addTask { [count, seed, mistakes] in
                    while progress.failed.withLock({ $0 == nil }) {
                        let index = progress.next.add(1, ordering: .relaxed).oldValue
                        guard index < count else { return }
                        let run = Simulator.run(History(seed: seed &+ index), mistakes: mistakes)
                        if let violation = run.violation { progress.fail(Failed(seed: seed &+ index, violation: violation)) }
                        progress.crashes.withLock { $0.formUnion(run.crashes) }
                        let done = progress.finished.add(1, ordering: .relaxed).newValue
                        if done % max(1, count / 10) == 0 { report(done) }
                    }
                }
            }
        }
        return progress
    }
}
