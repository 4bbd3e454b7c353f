import Glibc

/// A moment on the monotonic clock after which waiting stops.
package struct Deadline: Sendable, Comparable {
    package let instant: ContinuousClock.Instant

    package init(_ instant: ContinuousClock.Instant) {
        self.instant = instant
    }

    package static func after(_ duration: Duration) -> Deadline {
        Deadline(.now + duration)
    }

    /// Time left; zero once it has passed.
    package var remaining: Duration {
        max(.zero, ContinuousClock.Instant.now.duration(to: instant))
    }

    package var hasPassed: Bool {
        ContinuousClock.Instant.now >= instant
    }

    /// Time left as C interfaces take it: whole milliseconds, rounded up so that a loop does not spin through the last one.
    package var remainingMilliseconds: Int32 {
        remaining.wholeMilliseconds
    }

    package static func < (left: Deadline, right: Deadline) -> Bool {
        left.instant < right.instant
    }

    /// The same moment as `CLOCK_MONOTONIC` tells it.
    var monotonicTime: timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = remaining.components
        let nanoseconds = Int64(now.tv_nsec) + attoseconds / 1_000_000_000
        // A century is forever; it keeps the sum inside time_t.
        let wholeSeconds = min(seconds, 3_155_760_000) + nanoseconds / 1_000_000_000
        return timespec(tv_sec: now.tv_sec + Int(wholeSeconds), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}

extension Duration {
    /// Whole milliseconds for a C timeout, rounded up and clamped to what `Int32` holds.
    package var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 else { return .max }
        guard seconds >= 0 else { return 0 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
