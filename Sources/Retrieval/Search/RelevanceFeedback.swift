/// Moves a query towards what both ways of searching already agree on, in the embedding space, so that the vectors' order learns from the words'.
///
/// Pseudo-relevance feedback (Rocchio 1971): the first passages of a fusion are taken for relevant. Only passages that the asker may see are ever fused, so
/// nothing else can move a query. The constants were chosen on the odd queries of Cranfield and are flat around their values (docs/evaluation.md).
package struct RelevanceFeedback: Sendable, Hashable {
    /// Passages of the fused list that are taken for relevant, the one at rank r for 1/r.
    package var passages: Int
    /// Of their direction, where the query's own weighs 1; 0 leaves the query as it is.
    package var weight: Float

    package init(passages: Int = 5, weight: Float = 0.75) {
        self.passages = passages
        self.weight = weight
    }

    /// - Parameters:
    ///   - query: of length 1.
    ///   - vectors: of the first passages of the fused list, best first, of any length but 0; those beyond `passages` do not count.
    /// - Returns: a vector of length 1: the query itself where nothing moves it.
    func moved(_ query: [Float], towards vectors: some Collection<[Float]>) -> [Float] {
        var centre = [Float](repeating: 0, count: query.count)
        for (index, vector) in vectors.prefix(passages).enumerated() where vector.count == query.count {
            let share = 1 / Float(index + 1)
            for place in centre.indices { centre[place] += share * vector[place] }
        }
        guard let direction = Self.normalised(centre) else { return query }
        return Self.normalised(zip(query, direction).map { $0 + weight * $1 }) ?? query
    }

    /// Nothing where a vector has no direction.
    private static func normalised(_ vector: [Float]) -> [Float]? {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length.isFinite, length > 1e-6 else { return nil }
        return vector.map { $0 / length }
    }
}
