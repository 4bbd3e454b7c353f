import Glibc

/// What is left of the processor time a document may take, on the thread that parses it.
///
/// Processor time rather than wall-clock time: a busy or stopped machine does not turn a good document into a rejected one.
struct ProcessorTimeBudget {
    private let deadline: Int64

    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        deadline = Self.now() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    var isSpent: Bool { Self.now() > deadline }

    /// - Throws: `parseLimit` when nothing is left.
    func check() throws(ParsingError) {
        if isSpent { throw ParsingError(.parseLimit, "parsing took too long") }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
