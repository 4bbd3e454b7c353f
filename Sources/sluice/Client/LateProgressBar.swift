/// A progress bar for what may be over in a moment: it appears only once that has not been so.
struct LateProgressBar {
    /// Shorter waits need no explanation.
    private static let delay: Duration = .seconds(2)

    private var bar: ProgressBar
    private let start: ContinuousClock.Instant
    private var unshown = 0
    private var isShown = false

    init(_ label: String, total: Int) {
        start = .now
        bar = ProgressBar(label, total: total, start: start)
    }

    mutating func advance(by steps: Int) {
        unshown += steps
        guard .now - start >= Self.delay else { return }
        isShown = true
        bar.advance(by: unshown)
        unshown = 0
    }

    mutating func finish() {
        guard isShown else { return }
        bar.finish()
    }
}
