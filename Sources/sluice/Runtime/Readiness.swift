import Synchronization

/// Ready once every consumer group of the process has had partitions assigned, or has been told that there are none for it.
final class Readiness: Sendable {
    private let waiting: Mutex<Set<String>>

    init(waitingFor parts: [String]) {
        waiting = Mutex(Set(parts))
    }

    var isReady: Bool { waiting.withLock { $0.isEmpty } }

    func arrived(_ part: String) {
        waiting.withLock { _ = $0.remove(part) }
    }
}
