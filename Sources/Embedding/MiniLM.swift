import Foundation
import Synchronization
package import Text

/// all-MiniLM-L6-v2, or another BERT encoder of the sentence-transformers family with mean pooling, in this process.
package final class MiniLM: EmbeddingModel {
    package let space: EmbeddingSpace
    package var tokenizer: any Tokenizer { wordPieces }

    private let wordPieces: WordPieceTokenizer
    private let maximumTokens: Int
    private let threads: EncoderThreads

    /// A request of at most so many tokens is taken for a query, and does not wait behind documents.
    private static let urgentTokens = 128

    /// What the products multiply.
    package enum Precision: Sendable {
        /// 16-bit brain floats where the processor has them, else 32 bits.
        case fastest
        case float32
    }

    /// Loads the model and computes one vector, so that what is wrong shows here. Blocks for about a tenth of a second.
    ///
    /// - Parameters:
    ///   - directory: `model.safetensors`, `vocab.txt`, `config.json` and `sentence_bert_config.json`.
    ///   - threads: how many steps are computed at once; more than processors gain nothing.
    /// - Throws: `EmbeddingError`.
    package init(directory: String, threads count: Int, precision: Precision = .fastest) throws {
        let (shape, maximumTokens) = try BertConfiguration.load(directory: directory)
        guard let vocabulary = FileManager.default.contents(atPath: directory + "/vocab.txt") else {
            throw EmbeddingError(.modelMissing, "the vocabulary is missing")
        }
        guard let tokenizer = try? WordPieceTokenizer(vocabulary: Array(vocabulary)), tokenizer.vocabularyCount <= shape.vocabSize else {
            throw EmbeddingError(.modelInvalid, "the vocabulary is not the model's")
        }
        let file = try Safetensors(path: directory + "/model.safetensors")
        let element: Element = precision == .fastest && OneDNN.hasBrainFloat ? .brainFloat : .float32
        let weights = try BertWeights(file, shape: shape, element: element)
        let revision = String(file.fingerprint(), radix: 16)
        wordPieces = tokenizer
        self.maximumTokens = maximumTokens
        space = EmbeddingSpace(model: "all-MiniLM-L6-v2", revision: revision, dimension: shape.hiddenSize, normalised: true)
        threads = EncoderThreads(count: count) { try BertEncoder(weights, maximumTokens: maximumTokens) }
        try warmUp()
    }

    package func embed(_ texts: [[UInt8]], for purpose: EmbeddingPurpose) async throws -> EmbeddingBatch {
        guard !texts.isEmpty else { return EmbeddingBatch(values: [], dimension: space.dimension) }
        try Task.checkCancellation()
        let request = EmbeddingRequest(texts.map { wordPieces.encode($0, limit: maximumTokens) }, dimension: space.dimension)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                submit(request) { continuation.resume(with: $0) }
            }
        } onCancel: {
            request.cancel()
        }
    }

    private func submit(_ request: EmbeddingRequest, _ completion: @escaping @Sendable (Result<EmbeddingBatch, any Error>) -> Void) {
        let steps = request.steps()
        request.expect(steps.count, completion)
        threads.submit(steps.map { indices in { request.run(indices, $0) } }, urgent: request.tokenCount <= Self.urgentTokens)
    }

    private func warmUp() throws {
        let request = EmbeddingRequest([wordPieces.encode([], limit: maximumTokens)], dimension: space.dimension)
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<EmbeddingBatch, any Error>?>(nil)
        submit(request) { result in
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        _ = try outcome.withLock { $0 }?.get()
    }
}
