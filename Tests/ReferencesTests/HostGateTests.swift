import Testing

@testable import References

struct HostGateTests {
    private let start = ContinuousClock.now

    private func gate(_ transfers: Int, perHost: Int) -> HostGate {
        HostGate(slots: TransferSlots(maximumTransfers: transfers, maximumTransfersPerHost: perHost)) { [start] in start }
    }

    /// How entering ended; starts at once, so that callers queue in the order of their calls.
    private func enter(_ gate: HostGate, _ host: String) -> Task<ReferenceError.Kind?, Never> {
        Task.immediate {
            do throws(ReferenceError) {
                try await gate.enter(host)
                return nil
            } catch {
                return error.kind
            }
        }
    }

    @Test func `so many to a host, so many in all, the rest in the order they came`() async {
        let gate = gate(3, perHost: 2)
        for host in ["a", "a", "b"] { #expect(await enter(gate, host).value == nil) }
        let waitsForHost = enter(gate, "a")
        let waitsForPlace = enter(gate, "c")
        gate.leave("b", .answered)
        #expect(await waitsForPlace.value == nil)
        gate.leave("a", .answered)
        #expect(await waitsForHost.value == nil)
    }

    @Test func `when a host fails, all who wait for it are sent away, and others are let in`() async {
        let gate = gate(2, perHost: 1)
        #expect(await enter(gate, "dead").value == nil)
        #expect(await enter(gate, "alive").value == nil)
        let forDead = (0..<10).map { _ in enter(gate, "dead") }
        let forAlive = enter(gate, "alive")
        gate.leave("dead", .failed(retryAfter: .seconds(7)))
        for waiter in forDead { #expect(await waiter.value == .unavailable(retryAfter: .seconds(7))) }
        #expect(await enter(gate, "dead").value == .unavailable(retryAfter: .seconds(7)))
        gate.leave("alive", .answered)
        #expect(await forAlive.value == nil)
    }

    @Test func `who is cancelled waits no longer and takes no place`() async {
        let gate = gate(1, perHost: 1)
        #expect(await enter(gate, "a").value == nil)
        let cancelled = enter(gate, "a")
        let next = enter(gate, "a")
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        gate.leave("a", .abandoned)
        #expect(await next.value == nil)
    }
}
