/// The models at hand. Where two have one space, the first is used.
package struct EmbeddingModels: Sendable {
    /// What a new generation is made with.
    package let first: any EmbeddingModel
    package let all: [any EmbeddingModel]

    package init(_ first: any EmbeddingModel, _ others: [any EmbeddingModel] = []) {
        self.first = first
        all = [first] + others
    }

    /// The model whose vectors are of this space: ``EmbeddingSpace/identifier``.
    package subscript(space: String) -> (any EmbeddingModel)? {
        all.first { $0.space.identifier == space }
    }
}
