/// How a generation is filled without getting in the way of those who ask of the live one: one wave at a time is prepared or written, with rests between
/// these turns; and records are taken up no faster than at a rate.
///
/// What waits for a model or for the network takes no turn.
actor Pace {
    /// A rest is so many times as long as the turn before it. Measured: `docs/benchmarks.md`, replay.
    private static let rest = 2.0
    /// Short, so that a drain before a rebalance is not held up.
    private static let longestRest: Duration = .milliseconds(250)

    private let perSecond: Double?
    private let hasTurns: Bool
    private var rests = true
    /// When records may be taken up again, and when a turn may.
    private var (freeAt, restsUntil) = (ContinuousClock.now, ContinuousClock.now)
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - perSecond: records, at least 1; nothing: as many as come.
    ///   - hasTurns: otherwise all is done at once, as fast as it goes.
    init(perSecond: Int? = nil, hasTurns: Bool = true) {
        self.perSecond = perSecond.map { Double(max(1, $0)) }
        self.hasTurns = hasTurns
    }

    /// Returns when so many may go.
    /// - Throws: `CancellationError`.
    func take(_ count: Int) async throws {
        guard let perSecond else { return }
        let start = max(freeAt, .now)
        freeAt = start + .seconds(Double(count) / perSecond)
        try await Task.sleep(until: start, clock: .continuous)
    }

    /// Does something in a turn of its own, in the order in which they are asked for.
    /// - Parameter isWanted: otherwise it waits for nobody, and nobody for it.
    nonisolated func turn<Result: Sendable>(if isWanted: Bool = true, _ body: () async throws -> Result) async rethrows -> Result {
        guard isWanted, hasTurns, let start = await begin() else { return try await body() }
        do {
            let result = try await body()
            await end(start)
            return result
        } catch {
            await end(start)
            throw error
        }
    }

    /// Whether there are turns at all at the moment; there are to begin with.
    func rest(_ rests: Bool) { self.rests = rests }

    private func begin() async -> ContinuousClock.Instant? {
        guard rests else { return nil }
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        // Of a task that is cancelled it ends at once.
        if rests { try? await Task.sleep(until: restsUntil, clock: .continuous) }
        return .now
    }

    /// Hands the turn on, so that nobody who comes now goes before those who wait.
    private func end(_ start: ContinuousClock.Instant) {
        restsUntil = .now + min((.now - start) * Self.rest, Self.longestRest)
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
