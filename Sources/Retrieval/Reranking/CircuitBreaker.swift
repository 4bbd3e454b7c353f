/// Whether a service that fails is to be asked, so that one that is down costs a try now and then and not every query's time.
///
/// - *closed*: asked; can move to *open* by so many failures in a row.
/// - *open* until a moment, twice as far off after each failure: can move to *probed* once it has passed.
/// - *probed* by one request: can move to *closed* by its success, to *open* by its failure or by being given up.
///
/// Pure: the caller tells the time.
struct CircuitBreaker {
    typealias Instant = ContinuousClock.Instant

    private enum State {
        case closed(failures: Int)
        case open(until: Instant, pause: Duration)
        case probed(pause: Duration)
    }

    /// One slow answer is chance, and so may two be.
    static let failuresBeforePause = 3
    static let shortestPause = Duration.seconds(1)
    /// A service that is back is noticed within a minute.
    static let longestPause = Duration.seconds(60)

    private var state = State.closed(failures: 0)

    /// Whether to ask now; what comes of it is to be told.
    mutating func admits(at now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until, let pause):
            guard until <= now else { return false }
            state = .probed(pause: pause)
            return true
        case .probed: return false
        }
    }

    mutating func succeed() {
        state = .closed(failures: 0)
    }

    mutating func fail(at now: Instant) {
        switch state {
        case .closed(let failures) where failures + 1 < Self.failuresBeforePause: state = .closed(failures: failures + 1)
        case .closed: state = .open(until: now + Self.shortestPause, pause: Self.shortestPause)
        case .probed(let pause):
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now + longer, pause: longer)
        // Requests that were under way together fail together.
        case .open: break
        }
    }

    /// A request came to nothing that tells about the service: another may probe.
    mutating func abandon(at now: Instant) {
        if case .probed(let pause) = state { state = .open(until: now, pause: pause) }
    }
}
