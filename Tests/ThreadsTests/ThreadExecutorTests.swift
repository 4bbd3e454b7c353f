import Glibc
import Synchronization
import Testing

@testable import Threads

/// An actor that blocks its own thread.
private actor Worker {
    private let executor = ThreadExecutor(name: "worker")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var seen: [Int] = []

    func append(_ number: Int) -> UInt {
        seen.append(number)
        return UInt(pthread_self())
    }

    func numbers() -> [Int] { seen }

    nonisolated func appendBlocking(_ number: Int) throws -> UInt {
        try executor.performAndWait { self.assumeIsolated { $0.append(number) } }
    }
}

@Suite struct ThreadExecutorTests {
    @Test func `every job of an actor runs on its one thread`() async {
        let worker = Worker()
        let threads = await withTaskGroup(of: UInt.self) { group in
            for number in 0..<100 { group.addTask { await worker.append(number) } }
            return await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(threads.count == 1)
        #expect(await worker.numbers().sorted() == Array(0..<100))
    }

    @Test func `jobs run in the order they came`() async {
        let worker = Worker()
        for number in 0..<50 { _ = await worker.append(number) }
        #expect(await worker.numbers() == Array(0..<50))
    }

    @Test func `another thread can wait for work on an actor's thread`() async throws {
        let worker = Worker()
        let home = await worker.append(1)
        let thread = await withCheckedContinuation { continuation in
            startThread(named: "caller") { continuation.resume(returning: try? worker.appendBlocking(2)) }
        }
        #expect(thread == home)
        #expect(await worker.numbers() == [1, 2])
    }

    @Test func `an executor outlives the actor by the jobs it still has`() async {
        for _ in 0..<200 {
            let number = await Worker().append(7)
            #expect(number != 0)
        }
    }

    @Test func `a monitor gives up at its deadline`() {
        let monitor = Monitor(0)
        #expect(monitor.wait(until: .after(.milliseconds(1))) { $0 == 1 ? true : nil } == nil)
        monitor.update { $0 = 1 }
        #expect(monitor.wait(until: .after(.zero)) { $0 == 1 ? true : nil } == true)
    }

    @Test func `a C timeout rounds up and stays in range`() {
        #expect(Duration.microseconds(1).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(-1).wholeMilliseconds == 0)
    }
}
