import Synchronization

/// What a try told about its host.
enum HostOutcome: Sendable {
    /// It is alive, whatever it said.
    case answered
    case failed(retryAfter: Duration?)
    /// Nothing.
    case abandoned
}

/// Lets so many transfers be under way at a time, in all and to one host, and none to a host that is left alone.
///
/// Who has to wait does so in the order they came. When a host fails, all who wait for it are sent away at once.
final class HostGate: Sendable {
    private enum Answer {
        case enter
        case leaveAlone(Duration)
        case cancelled
    }

    private struct Waiter {
        let number: Int
        let host: String
        let continuation: CheckedContinuation<Answer, Never>
    }

    private struct State {
        var breaker = HostBreaker()
        var slots: TransferSlots
        /// As many as callers fetch at a time.
        var waiters: [Waiter] = []
        var nextWaiter = 0

        /// Nil where the host has to be waited for.
        mutating func answer(_ host: String, at now: HostBreaker.Instant) -> Answer? {
            if let pause = breaker.pause(for: host, at: now) { return .leaveAlone(pause) }
            guard slots.take(host) else { return nil }
            breaker.begin(host)
            return .enter
        }
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> HostBreaker.Instant

    init(slots: TransferSlots, now: @escaping @Sendable () -> HostBreaker.Instant) {
        state = Mutex(State(slots: slots))
        self.now = now
    }

    /// Waits for a place. Who has entered must `leave`.
    ///
    /// - Throws: `.unavailable` where the host is left alone, `.cancelled`.
    func enter(_ host: String) async throws(ReferenceError) {
        let number = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Answer? in
                    guard !Task.isCancelled else { return .cancelled }
                    if let answer = state.answer(host, at: now()) { return answer }
                    state.waiters.append(Waiter(number: number, host: host, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
        switch answer {
        case .enter: return
        case .leaveAlone(let pause): throw ReferenceError(.unavailable(retryAfter: pause), "the host has failed and is left alone for a while")
        case .cancelled: throw ReferenceError(.cancelled, "the fetch was cancelled")
        }
    }

    /// Gives the place back and lets in who waits for one.
    func leave(_ host: String, _ outcome: HostOutcome) {
        let now = now()
        let answered = state.withLock { state -> [(Waiter, Answer)] in
            state.slots.release(host)
            switch outcome {
            case .answered: state.breaker.succeed(host)
            case .failed(let retryAfter): state.breaker.fail(host, retryAfter: retryAfter, at: now)
            case .abandoned: state.breaker.abandon(host)
            }
            var answered: [(Waiter, Answer)] = []
            var waiting: [Waiter] = []
            for waiter in state.waiters {
                if let answer = state.answer(waiter.host, at: now) { answered.append((waiter, answer)) } else { waiting.append(waiter) }
            }
            state.waiters = waiting
            return answered
        }
        for (waiter, answer) in answered { waiter.continuation.resume(returning: answer) }
    }
}

/// How many transfers are under way.
struct TransferSlots: Sendable {
    let maximumTransfers: Int
    let maximumTransfersPerHost: Int
    private var taken = 0
    private var takenByHost: [String: Int] = [:]

    init(maximumTransfers: Int, maximumTransfersPerHost: Int) {
        self.maximumTransfers = maximumTransfers
        self.maximumTransfersPerHost = maximumTransfersPerHost
    }

    /// False where there is no place left.
    mutating func take(_ host: String) -> Bool {
        guard taken < maximumTransfers, takenByHost[host, default: 0] < maximumTransfersPerHost else { return false }
        taken += 1
        takenByHost[host, default: 0] += 1
        return true
    }

    mutating func release(_ host: String) {
        guard let count = takenByHost[host] else { return }
        taken -= 1
        takenByHost[host] = count > 1 ? count - 1 : nil
    }
}
