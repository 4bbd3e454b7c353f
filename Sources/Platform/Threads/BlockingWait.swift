/// Runs asynchronous work from a thread of one's own and blocks it until the work is done: the way from a callback of the Kafka client, which must
/// answer before it returns, to the database. Never called from the cooperative pool.
package func waitForAsync<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    let outcome = Monitor<Swift.Result<Result, any Error>?>(nil)
    Task.detached {
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        outcome.update { $0 = result }
    }
    return try outcome.wait { $0 }.get()
}
