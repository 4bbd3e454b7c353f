/// Progress on standard error: a bar that redraws itself on a terminal, elsewhere a line every few seconds.
struct ProgressBar {
    typealias Instant = ContinuousClock.Instant

    private let label: String
    private let total: Int
    private let isTerminal: Bool
    private let start: Instant
    private var lastShown: Instant?
    private var done = 0

    /// - Parameter total: steps in all; 0 where unknown.
    init(_ label: String, total: Int, isTerminal: Bool = Terminal.standardErrorIsTerminal, start: Instant = .now) {
        self.label = label
        self.total = total
        self.isTerminal = isTerminal
        self.start = start
    }

    mutating func advance(by steps: Int = 1) {
        if let text = step(by: steps, at: .now) { Terminal.writeError(text) }
    }

    /// Shows the last state and ends the line.
    mutating func finish() {
        Terminal.writeError(end(at: .now))
    }

    /// What to print after `steps` more; `nil` where the last was printed a moment ago.
    mutating func step(by steps: Int, at now: Instant) -> String? {
        done += steps
        // The eye sees ten pictures a second move; a log is better off with few lines.
        let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
        // A bar appears at once; a log hears first of what takes long.
        if let last = lastShown ?? (isTerminal ? nil : start), now - last < interval { return nil }
        lastShown = now
        return isTerminal ? "\r\(line(at: now))\u{1B}[K" : "\(line(at: now))\n"
    }

    func end(at now: Instant) -> String {
        isTerminal ? "\r\(line(at: now))\u{1B}[K\n" : "\(line(at: now))\n"
    }

    private func line(at now: Instant) -> String {
        let seconds = (now - start) / .seconds(1)
        let rate = seconds > 0 ? Int((Double(done) / seconds).rounded()) : 0
        guard total > 0 else { return "\(label) \(done)  \(rate)/s" }
        let width = 30
        let filled = min(width, done * width / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let count = padded(String(done), to: String(total).count, alignment: .right)
        return "\(label) \(isTerminal ? "\(bar) " : "")\(count)/\(total)  \(min(100, done * 100 / total)) %  \(rate)/s"
    }
}
