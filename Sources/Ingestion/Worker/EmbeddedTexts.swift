import Embedding
import Index

/// Texts that all have vectors, from the cache or made just now.
struct EmbeddedTexts: Sendable {
    let cached: [EmbeddingKey: [Float]]
    let computed: [EmbeddingKey]
    let vectors: EmbeddingBatch
    private let index: [EmbeddingKey: Int]

    /// - Parameter vectors: of `computed`, in its order.
    init(cached: [EmbeddingKey: [Float]], computed: [EmbeddingKey], vectors: EmbeddingBatch) {
        self.cached = cached
        self.computed = computed
        self.vectors = vectors
        index = Dictionary(uniqueKeysWithValues: computed.enumerated().map { ($1, $0) })
    }

    func isComputed(_ key: EmbeddingKey) -> Bool { index[key] != nil }

    /// Of a document's chunks, one after another.
    func values(of document: PreparedDocument, _ tenant: TenantNumber) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(document.chunks.count * vectors.dimension)
        for chunk in document.chunks {
            let key = EmbeddingKey(tenant: tenant, digest: chunk.digest)
            if let position = index[key] { values.append(contentsOf: vectors[position]) } else { values.append(contentsOf: cached[key] ?? []) }
        }
        return values
    }
}
