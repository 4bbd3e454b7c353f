import Synchronization

/// The bar of a verification, which is told from the connection's thread.
final class VerificationProgress: Sendable {
    private struct State {
        var bar: ProgressBar?
        var done: Int64 = 0
    }

    private let state = Mutex(State())

    func advance(to lines: Int64, of total: Int64) {
        state.withLock { state in
            var bar = state.bar ?? ProgressBar("lines", total: Int(total))
            bar.advance(by: Int(lines - state.done))
            state.bar = bar
            state.done = lines
        }
    }

    func finish() {
        state.withLock { $0.bar?.finish() }
    }
}
