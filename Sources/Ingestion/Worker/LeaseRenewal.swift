/// Work under a lease that others take up once it has run out.
enum LeaseRenewal {
    /// - Parameter renew: whether the lease is still held; where that cannot be found out, the next time tells.
    /// - Returns: what the work comes to; nothing where the lease is lost, which cancels the work.
    static func during<Result: Sendable>(
        every interval: Duration, renew: @escaping @Sendable () async throws -> Bool, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                repeat { try await Task.sleep(for: interval) } while (try? await renew()) != false
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
