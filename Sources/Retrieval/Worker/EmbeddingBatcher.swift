import Embedding

/// Brings queries to the model together: whatever comes while it is busy waits and goes as one batch.
///
/// Whoever stops waiting leaves its text in the batch; it costs a row of a product.
actor EmbeddingBatcher {
    nonisolated let model: any EmbeddingModel

    private struct Waiting {
        let text: [UInt8]
        let continuation: CheckedContinuation<[Float], any Error>
    }

    private var waiting: [Waiting] = []
    private var underWay = 0

    /// While one batch is computed the next begins on what other cores there are.
    private static let concurrency = 2
    /// Queries are some ten tokens: as much as an encoder takes in one step, and no longer a wait than a document's.
    private static let maximumTexts = 32

    init(model: any EmbeddingModel) {
        self.model = model
    }

    /// The vector of one text.
    ///
    /// - Throws: `EmbeddingError`; `.textRefused` where the model never takes it.
    func embed(_ text: [UInt8]) async throws -> [Float] {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(text: text, continuation: continuation))
            dispatch()
        }
    }

    private func dispatch() {
        while underWay < Self.concurrency, !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.maximumTexts))
            waiting.removeFirst(batch.count)
            underWay += 1
            Task {
                await compute(batch)
                underWay -= 1
                dispatch()
            }
        }
    }

    private func compute(_ batch: [Waiting]) async {
        do {
            let vectors = try await model.embed(batch.map(\.text), for: .query)
            for (index, waiting) in batch.enumerated() {
                if vectors.refused.contains(index) {
                    waiting.continuation.resume(throwing: EmbeddingError(.textRefused, "the model does not take this text"))
                } else {
                    waiting.continuation.resume(returning: Array(vectors[index]))
                }
            }
        } catch {
            // One text may have been what the model could not take; an endpoint says by itself which.
            guard batch.count > 1, (error as? EmbeddingError)?.isRetryable != true else {
                return batch.forEach { $0.continuation.resume(throwing: error) }
            }
            for waiting in batch { await compute([waiting]) }
        }
    }
}
