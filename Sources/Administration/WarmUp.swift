import Index

/// Has whoever answers questions read a generation's mirrors before it goes live: its first questions are then answered as fast as the last ones before.
package struct WarmUp: Sendable {
    /// Fewer chunks of a tenant are searched by rows until they are read, and nobody notices.
    private static let largeTenant: Int64 = 10_000
    /// Whoever is asked every other second has found out in that time, and begun.
    private static let calm: Duration = .milliseconds(1500)
    private static let interval: Duration = .milliseconds(100)
    /// It is no longer expected so much later than it is waited for at most.
    private static let expectationSeconds = 300

    private let store: AdministrationStore

    package init(store: AdministrationStore) {
        self.store = store
    }

    /// Whether it is worth while. Counts chunks: looks at every document.
    package func isWanted(for generation: Generation) async throws -> Bool {
        try await store.counts(of: generation.number).values.contains { $0.chunks >= Self.largeTenant }
    }

    /// Returns once no mirror of it has been read for a moment: they are there, or nobody asks.
    /// - Returns: whether it came to that in time.
    package func run(_ generation: Generation, within limit: Duration) async throws -> Bool {
        let start = ContinuousClock.now
        try await store.expect(generation.number, seconds: Int(limit.components.seconds) + Self.expectationSeconds)
        var calmSince = start
        while .now - calmSince < min(Self.calm, limit) {
            guard .now - start < limit else { return false }
            try await Task.sleep(for: Self.interval)
            if try await store.mirrorReaders(of: generation.number) > 0 { calmSince = .now }
        }
        return true
    }
}
