/// How what both ways of searching found becomes one order.
package struct FusionSettings: Sendable, Hashable {
    /// Damps the first ranks: of the reciprocal ranks, 1 / (constant + rank).
    package var rankConstant: Double
    package var vectorWeight: Double
    package var lexicalWeight: Double
    /// How many passages each way contributes at least.
    package var depth: Int

    /// - Parameters:
    ///   - rankConstant: 60 is the value of the original paper, and nothing here showed a better one.
    ///   - depth: a passage that one way ranks far down still counts; beyond a hundred it no longer changes the first ten.
    package init(rankConstant: Double = 60, vectorWeight: Double = 1, lexicalWeight: Double = 1, depth: Int = 100) {
        self.rankConstant = rankConstant
        self.vectorWeight = vectorWeight
        self.lexicalWeight = lexicalWeight
        self.depth = depth
    }
}
