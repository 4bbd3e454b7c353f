import Testing

@testable import References

struct HostBreakerTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `a host is left alone twice as long after each failure, up to a minute`() {
        var breaker = HostBreaker()
        var now = start
        var pauses: [Duration?] = []
        for _ in 0..<9 {
            #expect(breaker.pause(for: "a", at: now) == nil)
            breaker.begin("a")
            breaker.fail("a", at: now)
            pauses.append(breaker.pause(for: "a", at: now))
            now += breaker.pause(for: "a", at: now) ?? .zero
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    }

    @Test func `a success is a new beginning`() {
        var breaker = HostBreaker()
        for second in [0, 1, 3] { breaker.fail("a", at: at(second)) }
        breaker.succeed("a")
        #expect(breaker.pause(for: "a", at: at(3)) == nil && breaker.rememberedHosts == 0)
        breaker.fail("a", at: at(3))
        #expect(breaker.pause(for: "a", at: at(3)) == .seconds(1))
    }

    @Test func `one probe at a time`() {
        var breaker = HostBreaker()
        breaker.fail("a", at: start)
        #expect(breaker.pause(for: "a", at: at(1)) == nil)
        breaker.begin("a")
        #expect(breaker.pause(for: "a", at: at(1)) == HostBreaker.shortestPause)
        breaker.abandon("a")
        #expect(breaker.pause(for: "a", at: at(1)) == nil)
        breaker.begin("a")
        breaker.fail("a", at: at(2))
        #expect(breaker.pause(for: "a", at: at(2)) == .seconds(2) && breaker.pause(for: "a", at: at(4)) == nil)
    }

    @Test func `requests that fail together fail once`() {
        var breaker = HostBreaker()
        for _ in 0..<4 { breaker.fail("a", at: start) }
        #expect(breaker.pause(for: "a", at: start) == .seconds(1))
    }

    @Test func `hosts are told apart`() {
        var breaker = HostBreaker()
        breaker.fail("a", at: start)
        #expect(breaker.pause(for: "b", at: start) == nil)
        breaker.succeed("b")
        breaker.abandon("b")
        breaker.begin("b")
        #expect(breaker.rememberedHosts == 1)
    }

    @Test func `a host may ask for a longer pause, not for a shorter or endless one`() {
        for (asked, pause) in [(0, 1), (30, 30), (86_400, 60), (-5, 1)] {
            var breaker = HostBreaker()
            breaker.fail("a", retryAfter: .seconds(asked), at: start)
            #expect(breaker.pause(for: "a", at: start) == .seconds(pause))
        }
    }

    @Test func `so many hosts are remembered and no more`() {
        var breaker = HostBreaker(maximumHosts: 3)
        breaker.fail("long", retryAfter: .seconds(50), at: start)
        for host in 0..<10 { breaker.fail("\(host)", at: at(0)) }
        #expect(breaker.rememberedHosts == 3)
        #expect(breaker.pause(for: "long", at: start) == .seconds(50) && breaker.pause(for: "9", at: start) == .seconds(1))
    }
}
