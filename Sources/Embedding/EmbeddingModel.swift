package import Text

/// What makes two vectors comparable: those of different spaces never meet.
package struct EmbeddingSpace: Hashable, Sendable {
    package let model: String
    /// Which weights: the same model name with other weights is another space.
    package let revision: String
    package let dimension: Int
    package let normalised: Bool

    package init(model: String, revision: String, dimension: Int, normalised: Bool) {
        self.model = model
        self.revision = revision
        self.dimension = dimension
        self.normalised = normalised
    }

    /// All of it in one string, for keys and rows.
    package var identifier: String {
        "\(model)@\(revision)/\(dimension)\(normalised ? "/unit" : "")"
    }
}

/// Turns texts into vectors of one space.
package protocol EmbeddingModel: Sendable {
    var space: EmbeddingSpace { get }
    /// Counts tokens as this model does.
    var tokenizer: any Tokenizer { get }

    /// The vectors of some texts, in their order.
    ///
    /// - Parameter texts: UTF-8; what is past the model's longest sequence does not count.
    /// - Throws: `EmbeddingError`; `CancellationError` when the task is cancelled before all are done.
    func embed(_ texts: [[UInt8]]) async throws -> EmbeddingBatch
}

/// Vectors in one piece of memory.
package struct EmbeddingBatch: Sendable {
    /// `[count][dimension]`.
    package let values: [Float]
    package let dimension: Int

    package var count: Int { dimension == 0 ? 0 : values.count / dimension }

    /// - Parameter values: `[count][dimension]`.
    package init(values: [Float], dimension: Int) {
        precondition(dimension > 0 && values.count.isMultiple(of: dimension))
        self.values = values
        self.dimension = dimension
    }

    /// The vector of the text at `index`.
    package subscript(index: Int) -> ArraySlice<Float> {
        values[index * dimension..<(index + 1) * dimension]
    }
}
