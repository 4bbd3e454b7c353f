import Synchronization
import Testing

@testable import IngestionWorker

@Suite(.timeLimit(.minutes(1))) struct PaceTests {
    private struct Failure: Error {}

    /// How many are in a turn at once, and who came when.
    private final class Log: Sendable {
        private let state = Mutex((inside: 0, most: 0, order: [Int]()))

        var most: Int { state.withLock { $0.most } }
        var order: [Int] { state.withLock { $0.order } }

        func stay(_ number: Int) async throws {
            state.withLock {
                $0.inside += 1
                $0.most = max($0.most, $0.inside)
                $0.order.append(number)
            }
            try await Task.sleep(for: .milliseconds(5))
            state.withLock { $0.inside -= 1 }
        }
    }

    private static func run(_ pace: Pace, if isWanted: Bool = true, _ count: Int = 8) async throws -> Log {
        let log = Log()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count { group.addTask { try await pace.turn(if: isWanted) { try await log.stay(number) } } }
            try await group.waitForAll()
        }
        return log
    }

    @Test func `one turn is taken at a time`() async throws {
        let log = try await Self.run(Pace())
        #expect(log.most == 1)
        #expect(log.order.sorted() == Array(0..<8))
    }

    @Test func `without turns, and where none is wanted, nobody waits`() async throws {
        for (pace, isWanted) in [(Pace(hasTurns: false), true), (Pace(), false)] {
            let log = Log()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3 {
                    group.addTask {
                        try await pace.turn(if: isWanted) {
                            try await log.stay(number)
                            // Until the others have come, too.
                            while log.order.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(log.order.count == 3)
        }
    }

    @Test func `a turn is followed by a longer rest`() async throws {
        let pace = Pace()
        let turn: Range<ContinuousClock.Instant> = try await pace.turn {
            let start = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(20))
            return start..<ContinuousClock.now
        }
        let next: ContinuousClock.Instant = await pace.turn { .now }
        #expect(next - turn.upperBound > turn.upperBound - turn.lowerBound)
    }

    @Test func `where nothing is filled any more, or shutdown has come, nobody rests or waits`() async throws {
        let pace = Pace()
        let held = Task { try await pace.turn { try await Task.sleep(for: .seconds(3600)) } }
        let waiting = Task { await pace.turn { 1 } }
        await pace.rest(false)
        #expect(await pace.turn { 2 } == 2)
        held.cancel()
        #expect(await waiting.value == 1)
        await #expect(throws: CancellationError.self) { try await held.value }
    }

    @Test func `who fails, and who is cancelled, hands the turn on`() async throws {
        let pace = Pace()
        await #expect(throws: Failure.self) { try await pace.turn { throw Failure() } }
        let cancelled = Task { try await pace.turn { try await Task.sleep(for: .seconds(3600)) } }
        let waiting = Task { await pace.turn { 1 } }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(await waiting.value == 1)
    }

    @Test func `no more are taken up than the rate allows`() async throws {
        let pace = Pace(perSecond: 100)
        let seconds = try await ContinuousClock().measure { for _ in 0..<3 { try await pace.take(10) } }
        #expect(seconds >= .milliseconds(200), "the third ten go two tenths of a second after the first")
    }
}
