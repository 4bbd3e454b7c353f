import Glibc
import Synchronization

/// Tells every service of the process to finish: raised by SIGTERM or SIGINT, or by hand.
///
/// The first signal asks; the second ends the process with 128 and its number, as shells count: 143 of SIGTERM, 130 of SIGINT.
package final class ShutdownSignal: Sendable {
    private enum State {
        /// Can move to `raised`.
        case waiting([Int: CheckedContinuation<Void, Never>], nextWaiter: Int)
        /// The end.
        case raised
    }

    private let state = Mutex(State.waiting([:], nextWaiter: 0))
    private let exitNow: @Sendable (Int32) -> Void

    /// - Parameter exitNow: what a second signal does, told the status; leaves the process at once by default.
    package init(exitNow: @escaping @Sendable (Int32) -> Void = { _exit($0) }) {
        self.exitNow = exitNow
    }

    package var isTriggered: Bool {
        state.withLock { if case .raised = $0 { true } else { false } }
    }

    /// Raises the signal; again has no effect.
    package func trigger() {
        let waiters = state.withLock { state -> [Int: CheckedContinuation<Void, Never>] in
            guard case .waiting(let waiters, _) = state else { return [:] }
            state = .raised
            return waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// One arriving signal of the operating system: asks the first time, ends the process the second.
    package func receive(_ signal: Int32 = SIGTERM) {
        if isTriggered { exitNow(128 + signal) } else { trigger() }
    }

    /// Returns once the signal is raised, or the task is cancelled.
    package func wait() async {
        guard let waiter = reserveWaiter() else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard case .waiting(var waiters, let next) = state, !Task.isCancelled else { return true }
                    waiters[waiter] = continuation
                    state = .waiting(waiters, nextWaiter: next)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            takeWaiter(waiter)?.resume()
        }
    }

    /// Returns once the signal is raised, or the time is over.
    package func wait(for duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }

    private func reserveWaiter() -> Int? {
        state.withLock { state in
            guard case .waiting(let waiters, let next) = state else { return nil }
            state = .waiting(waiters, nextWaiter: next + 1)
            return next
        }
    }

    private func takeWaiter(_ waiter: Int) -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            guard case .waiting(var waiters, let next) = state else { return nil }
            let continuation = waiters.removeValue(forKey: waiter)
            state = .waiting(waiters, nextWaiter: next)
            return continuation
        }
    }
}

extension ShutdownSignal {
    /// Listens for signals from now to the end of the process. A process has one listener: a later one replaces the earlier.
    package func listen(for signals: [Int32] = [SIGTERM, SIGINT]) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readEnd = ends[0]
        signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
        startThread(named: "signals") { [self] in
            var signal: UInt8 = 0
            while true {
                switch read(readEnd, &signal, 1) {
                case 1: receive(Int32(signal))
                case -1 where errno == EINTR: continue
                default: return
                }
            }
        }
        for signal in signals {
            var action = sigaction()
            // A handler may only call what is async-signal-safe: an atomic load and write(2).
            action.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
            action.sa_flags = SA_RESTART
            sigaction(signal, &action, nil)
        }
    }
}

/// Where the handler, which has no context of its own, writes what arrived.
private let signalPipe = Atomic<Int32>(-1)
