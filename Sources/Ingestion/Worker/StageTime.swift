import Telemetry

extension Histogram<WorkerMetrics.Stage> {
    /// Measures a stage.
    func time<Result>(_ stage: WorkerMetrics.Stage, _ body: () async throws -> Result) async rethrows -> Result {
        let start = ContinuousClock.now
        defer { observe(ContinuousClock.now - start, stage) }
        return try await body()
    }
}
