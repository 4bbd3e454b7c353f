import Embedding
import Index
import Telemetry

/// What became of documents that were made of another generation's texts.
package struct StoredWorkCounts: Sendable, Hashable {
    package var made = 0
    /// As new, or newer, is there already; or there is nothing to make it of.
    package var kept = 0
    /// The embedding model does not take a part of the text, or the tenant has no room for it.
    package var refused = 0
}

extension GenerationProcessor {
    /// Makes documents of the texts that a generation has: divides and embeds them, and parses nothing.
    ///
    /// - Parameter isRedone: also those that this generation has of the same version.
    func remake(_ documents: [DocumentNumber], of source: GenerationNumber, isRedone: Bool = false) async throws -> StoredWorkCounts {
        for _ in 0..<Self.looks {
            let stored = try await store.stored(documents, in: source)
            let peeked = try await store.peek(stored.map(\.name), generation: generation.number)
            let wanted = stored.filter { one in
                peeked[one.name]?.takes(one.version) != false || isRedone && peeked[one.name]?.has(one.version) == true
            }
            var counts = StoredWorkCounts(kept: documents.count - wanted.count)
            var batch = StoredBatch(of: source)
            let isBeside = source != generation.number
            let prepared = await pace.turn(if: isBeside) { await prepare(wanted) }
            for item in try await embed(prepared, &batch) {
                // In place the text itself is what is replaced.
                let digest = source == generation.number ? item.stored.content?.digest : peeked[item.stored.name]?.contentDigest
                guard let change = item.change(redone: isRedone ? .init(digest: digest) : nil) else {
                    counts.refused += 1
                    continue
                }
                batch.renditions.append(change)
            }
            // Whoever has it done may have lost it to somebody else.
            try Task.checkCancellation()
            let finished = batch
            let verdicts = try await pace.turn(if: isBeside) {
                try await WorkerMetrics.batchSeconds.time(.write) { try await store.apply(finished, generation: generation) }
            }
            guard let verdicts else { continue }
            for verdict in verdicts {
                switch verdict {
                case .indexed: counts.made += 1
                case .overQuota: counts.refused += 1
                case .unchanged, .superseded, .deleted, .rejected, .deferred, .stale: counts.kept += 1
                }
            }
            return counts
        }
        return StoredWorkCounts(kept: documents.count)
    }

    /// An erasure meanwhile is looked at again, and so is content that was asked for again; both happen seldom.
    private static let looks = 5

    private func prepare(_ stored: [StoredRendition]) async -> [RemadeItem] {
        await WorkerMetrics.batchSeconds.time(.parse) {
            await withTaskGroup(of: (Int, RemadeItem).self) { tasks in
                for (index, one) in stored.enumerated() {
                    tasks.addTask { (index, RemadeItem(stored: one, document: one.content.map(preparation.prepare))) }
                }
                var items: [RemadeItem?] = Array(repeating: nil, count: stored.count)
                for await (index, item) in tasks { items[index] = item }
                return items.compactMap(\.self)
            }
        }
    }

    /// As for records: one call for all texts that no cache holds. What is built beside the live generation is the operator's to pay for.
    private func embed(_ items: [RemadeItem], _ batch: inout StoredBatch) async throws -> [RemadeItem] {
        var wanted: [EmbeddingKey: [UInt8]] = [:]
        for item in items { wanted.merge(item.texts) { $1 } }
        guard !wanted.isEmpty else { return items }
        let cached = try await store.cachedEmbeddings(Array(wanted.keys), space: generation.embeddingSpace)
        let (texts, refused) = try await embed(Set(wanted.keys), wanted, cached)
        (batch.newEmbeddings, batch.newVectors) = (texts.computed, texts.vectors.values)
        return items.map { item in
            var item = item
            item.isRefused = item.texts.keys.contains { refused.contains($0) }
            item.vectors = item.document.map { texts.values(of: $0, item.stored.name.tenant) } ?? []
            return item
        }
    }
}

/// A document on its way from one generation into another.
private struct RemadeItem: Sendable {
    let stored: StoredRendition
    /// Nothing: it was deleted.
    let document: PreparedDocument?
    var vectors: [Float] = []
    /// The model does not take one of its texts: half a document is never visible.
    var isRefused = false

    var texts: [EmbeddingKey: [UInt8]] {
        Dictionary((document?.chunks ?? []).map { (EmbeddingKey(tenant: stored.name.tenant, digest: $0.digest), $0.embeddingText) }) { $1 }
    }

    func change(redone: RenditionChange.Redone?) -> RenditionChange? {
        guard let document, let content = stored.content else { return stored.change(nil) }
        guard !isRefused else { return nil }
        return stored.change(
            RenditionContent(
                contentDigest: content.digest, title: content.title, uri: content.uri, mediaType: content.mediaType, language: content.language,
                modifiedAt: content.modifiedAt, metadata: content.metadata, body: content.body, chunks: document.chunks.map(\.row), terms: document.terms,
                vectors: vectors, dimension: document.chunks.isEmpty ? 0 : vectors.count / document.chunks.count),
            redone: redone)
    }
}
