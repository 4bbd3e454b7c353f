package import Text

/// What makes two vectors comparable: those of different spaces never meet.
package struct EmbeddingSpace: Hashable, Sendable {
    package let model: String
    /// Which weights: the same model name with other weights is another space.
    package let revision: String
    package let dimension: Int
    package let normalised: Bool
    /// What tells the model that a text is a passage, where that is not the text alone.
    package let passageForm: EmbeddingForm

    package init(model: String, revision: String, dimension: Int, normalised: Bool, passageForm: EmbeddingForm = EmbeddingForm()) {
        self.model = model
        self.revision = revision
        self.dimension = dimension
        self.normalised = normalised
        self.passageForm = passageForm
    }

    /// All of it in one string, for keys and rows.
    package var identifier: String {
        var parts = ["\(model)@\(revision)", "\(dimension)"]
        if normalised { parts.append("unit") }
        if !passageForm.prefix.isEmpty { parts.append("prefix \(passageForm.prefix.debugDescription)") }
        if let inputType = passageForm.inputType { parts.append("input_type \(inputType.debugDescription)") }
        return parts.joined(separator: "/")
    }
}

/// What a text is embedded for: many models put a question and what answers it in different words.
package enum EmbeddingPurpose: Sendable, CaseIterable {
    case query, passage
}

/// How texts of one purpose are put to a model.
package struct EmbeddingForm: Hashable, Sendable {
    /// Stands before the text.
    package let prefix: String
    /// Goes beside the text, for a model that puts the words before it itself.
    package let inputType: String?

    package init(prefix: String = "", inputType: String? = nil) {
        self.prefix = prefix
        self.inputType = inputType
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
    func embed(_ texts: [[UInt8]], for purpose: EmbeddingPurpose) async throws -> EmbeddingBatch
}

/// Vectors in one piece of memory.
package struct EmbeddingBatch: Sendable {
    /// `[count][dimension]`.
    package let values: [Float]
    package let dimension: Int
    /// Texts that the model never takes, though it takes others: their vectors are zeros and mean nothing.
    package let refused: Set<Int>

    package var count: Int { dimension == 0 ? 0 : values.count / dimension }

    /// - Parameter values: `[count][dimension]`.
    package init(values: [Float], dimension: Int, refused: Set<Int> = []) {
        precondition(dimension > 0 && values.count.isMultiple(of: dimension))
        self.values = values
        self.dimension = dimension
        self.refused = refused
    }

    /// Without the texts that were refused.
    package var taken: EmbeddingBatch {
        guard !refused.isEmpty else { return self }
        return EmbeddingBatch(values: (0..<count).filter { !refused.contains($0) }.flatMap { self[$0] }, dimension: dimension)
    }

    /// The vector of the text at `index`.
    package subscript(index: Int) -> ArraySlice<Float> {
        values[index * dimension..<(index + 1) * dimension]
    }
}
