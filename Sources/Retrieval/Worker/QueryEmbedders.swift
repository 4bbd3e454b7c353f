import Embedding
import Synchronization
import Text

/// Embeds queries in the space of the live generation, as far as it is known: as the last answer had it.
///
/// What is known may be out of date, and costs one more embedding then, never a wrong answer: the snapshot that is searched says what its generation's is.
final class QueryEmbedders: Sendable {
    private let models: EmbeddingModels
    private let batchers: [String: EmbeddingBatcher]
    private let live: Mutex<String>

    init(_ models: EmbeddingModels) {
        self.models = models
        batchers = Dictionary(models.all.map { ($0.space.identifier, EmbeddingBatcher(model: $0)) }) { first, _ in first }
        live = Mutex(models.first.space.identifier)
    }

    /// What the live generation's space was when it was last seen.
    var liveSpace: String { live.withLock { $0 } }

    func saw(_ space: String) {
        live.withLock { $0 = space }
    }

    /// - Returns: nothing where no model at hand has this space.
    /// - Throws: `EmbeddingError`.
    func embed(_ text: [UInt8], in space: String) async throws -> [Float]? {
        try await batchers[space]?.embed(text)
    }

    /// Of the generation of this space; where no model at hand has it, of the first.
    func tokenizer(of space: String) -> any Tokenizer {
        (models[space] ?? models.first).tokenizer
    }
}
