/// How fast records may be taken up: each wave waits until those before it have had their time.
actor Pace {
    private let perSecond: Double
    private var freeAt = ContinuousClock.now

    /// - Parameter perSecond: at least 1.
    init(perSecond: Int) {
        self.perSecond = Double(max(1, perSecond))
    }

    /// Returns when so many may go.
    /// - Throws: `CancellationError`.
    func take(_ count: Int) async throws {
        let start = max(freeAt, .now)
        freeAt = start + .seconds(Double(count) / perSecond)
        try await Task.sleep(until: start, clock: .continuous)
    }
}
