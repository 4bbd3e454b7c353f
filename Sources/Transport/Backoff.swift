import Threads

/// Exponential, with full jitter, so that a fleet does not come back all at once.
package struct Backoff: Sendable {
    /// A broker or database that restarts is back within seconds.
    private static let longest = Duration.seconds(5)
    private var next = Duration.milliseconds(100)

    package init() {}

    /// Returns at once where shutdown is raised, or the task is cancelled.
    package mutating func pause(unless shutdown: ShutdownSignal? = nil) async {
        let bound = next
        next = min(next * 2, Self.longest)
        guard shutdown?.isTriggered != true else { return }
        try? await Task.sleep(for: .milliseconds(Int64.random(in: 0...Int64(bound / .milliseconds(1)))))
    }
}
