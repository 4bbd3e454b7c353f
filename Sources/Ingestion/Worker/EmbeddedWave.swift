import Contract
import Embedding
import Index

/// A wave whose texts all have vectors: what is to be written, and what is to be said.
struct EmbeddedWave: Sendable {
    private let items: [PreparedItem]
    private let cached: [EmbeddingKey: [Float]]
    private let computed: [EmbeddingKey]
    private let vectors: EmbeddingBatch
    private let index: [EmbeddingKey: Int]

    /// - Parameter vectors: of `computed`, in its order.
    init(items: [PreparedItem], cached: [EmbeddingKey: [Float]], computed: [EmbeddingKey], vectors: EmbeddingBatch) {
        self.items = items
        self.cached = cached
        self.computed = computed
        self.vectors = vectors
        index = Dictionary(uniqueKeysWithValues: computed.enumerated().map { ($1, $0) })
    }

    func letters(group: String) -> [DeadLetter] {
        items.compactMap { item in
            guard case .rejected(let rejection, _) = item.statement else { return nil }
            return DeadLetter(record: item.item.record.record, group: group, deliveryCount: 1, rejection: rejection)
        }
    }

    func batch(advances: [PositionAdvance]) -> GenerationBatch {
        var batch = GenerationBatch()
        batch.advances = advances
        batch.newEmbeddings = computed
        batch.newVectors = vectors.values
        for item in items {
            let (name, version) = (item.item.name, item.item.version)
            switch item.statement {
            case .upserted(let event):
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(event.facts)))
                batch.renditions.append(
                    RenditionChange(name: name, version: version, statement: .content(digest: item.contentDigest, facts: event.facts, content(item, event))))
            case .deleted:
                batch.facts.append(FactChange(name: name, version: version, statement: .deleted))
                batch.renditions.append(RenditionChange(name: name, version: version, statement: .deleted))
            case .rejected(_, let facts):
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
                batch.renditions.append(RenditionChange(name: name, version: version, statement: .rejected))
            }
        }
        return batch
    }

    private func content(_ item: PreparedItem, _ event: DocumentUpserted) -> RenditionContent? {
        guard let document = item.document else { return nil }
        var values: [Float] = []
        values.reserveCapacity(document.chunks.count * vectors.dimension)
        for chunk in document.chunks {
            let key = EmbeddingKey(tenant: item.item.name.tenant, digest: chunk.digest)
            if let position = index[key] { values.append(contentsOf: vectors[position]) } else { values.append(contentsOf: cached[key] ?? []) }
        }
        return RenditionContent(
            contentDigest: item.contentDigest, title: document.title, uri: event.uri, mediaType: document.mediaType, language: document.language,
            modifiedAt: event.modifiedAt, metadata: event.metadata.json, body: document.body, chunks: document.chunks.map(\.row), vectors: values,
            dimension: vectors.dimension)
    }

    /// Deletions are told of by the registrar.
    func outcomes(_ verdicts: [RenditionVerdict], _ generation: Generation) -> [OutboxEntry] {
        zip(items, verdicts).compactMap { item, verdict in
            guard let (kind, rejection, counts) = report(item, verdict) else { return nil }
            let outcome = item.item.record.outcome(
                kind, tenant: item.item.key.tenant, id: item.item.id, trace: item.item.trace, rejection: rejection, generation: generation.name,
                counts: counts)
            return OutboxEntry(outcome: outcome, tenant: item.item.name.tenant)
        }
    }

    private func report(_ item: PreparedItem, _ verdict: RenditionVerdict) -> (Outcome.Kind, Rejection?, Outcome.ChunkCounts?)? {
        switch (item.statement, verdict) {
        case (.deleted, _), (_, .deleted), (_, .stale): return nil
        case (.rejected(let rejection, _), _): return (.rejected, rejection, nil)
        case (.upserted, .indexed(let chunks)): return (.indexed, nil, counts(item, chunks))
        case (.upserted, .unchanged(let chunks)): return (.unchanged, nil, counts(item, chunks))
        case (.upserted, .superseded), (.upserted, .rejected): return (.superseded, nil, nil)
        }
    }

    private func counts(_ item: PreparedItem, _ chunks: Int) -> Outcome.ChunkCounts {
        let computed = Set((item.document?.chunks ?? []).map { EmbeddingKey(tenant: item.item.name.tenant, digest: $0.digest) }).filter { index[$0] != nil }
        return Outcome.ChunkCounts(chunks: chunks, embedded: min(computed.count, chunks), reused: chunks - min(computed.count, chunks))
    }
}
