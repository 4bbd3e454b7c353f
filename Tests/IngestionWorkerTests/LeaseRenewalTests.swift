import Synchronization
import Testing

@testable import IngestionWorker

struct LeaseRenewalTests {
    @Test(.timeLimit(.minutes(1))) func `a lease is renewed while the work goes on, however long it takes`() async throws {
        let (renewals, renewed) = AsyncStream<Void>.makeStream()
        let made = try await LeaseRenewal.during(
            every: .milliseconds(1),
            renew: {
                renewed.yield()
                return true
            }
        ) {
            var count = 0
            for await _ in renewals {
                count += 1
                if count == 3 { break }
            }
            return count
        }
        #expect(made == 3)
    }

    @Test(.timeLimit(.minutes(1))) func `a lost lease ends the work`() async throws {
        let wrote = Mutex(false)
        let made: Void? = try await LeaseRenewal.during(every: .milliseconds(1), renew: { false }) {
            // As long as a model takes that is away.
            try await Task.sleep(for: .seconds(3600))
            wrote.withLock { $0 = true }
        }
        #expect(made == nil && !wrote.withLock { $0 })
    }

    @Test(.timeLimit(.minutes(1))) func `where it cannot be found out whose the lease is, the work goes on`() async throws {
        struct Away: Error {}
        let (renewals, tried) = AsyncStream<Void>.makeStream()
        let made = try await LeaseRenewal.during(
            every: .milliseconds(1),
            renew: {
                tried.yield()
                throw Away()
            }
        ) {
            var tries = renewals.makeAsyncIterator()
            for _ in 0..<2 { await tries.next() }
            return true
        }
        #expect(made == true)
    }
}
