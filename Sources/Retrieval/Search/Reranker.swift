package protocol Reranker: Sendable {
    /// Indices into `passages`, best first; may be fewer.
    func order(_ passages: [String], for query: String, within limit: Duration) async throws -> [Int]
}
