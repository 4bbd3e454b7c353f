/// How what both ways of searching found becomes one order.
package struct FusionSettings: Sendable, Hashable {
    /// Damps the first ranks: of the reciprocal ranks, 1 / (constant + rank).
    package var rankConstant: Double
    package var vectorWeight: Double
    package var lexicalWeight: Double
    /// How many passages each way contributes at least.
    package var depth: Int
    /// How the vectors' order learns from what was fused, once.
    package var feedback: RelevanceFeedback

    /// - Parameters:
    ///   - rankConstant: the original paper has 60; with two lists of a hundred the first ranks deserve more (docs/evaluation.md).
    ///   - depth: a passage that one way ranks far down still counts; beyond a hundred it no longer changes the first ten.
    package init(
        rankConstant: Double = 10, vectorWeight: Double = 1, lexicalWeight: Double = 1, depth: Int = 100, feedback: RelevanceFeedback = RelevanceFeedback()
    ) {
        self.rankConstant = rankConstant
        self.vectorWeight = vectorWeight
        self.lexicalWeight = lexicalWeight
        self.depth = depth
        self.feedback = feedback
    }
}
