import Contract
import Index

/// A wave whose texts all have vectors: what is to be written, and what is to be said.
struct EmbeddedWave: Sendable {
    private let items: [PreparedItem]
    private let texts: EmbeddedTexts

    init(items: [PreparedItem], texts: EmbeddedTexts) {
        self.items = items
        self.texts = texts
    }

    /// The same, without these documents' content.
    func refusing(_ names: Set<Name>) -> EmbeddedWave {
        let items = items.map { names.contains($0.item.name) ? $0.refused(.quota) : $0 }
        return EmbeddedWave(items: items, texts: texts)
    }

    /// Of the records that are spoken for, and of those that waited: which generation they are given up by first is of no account. What is there of a record
    /// that is done anew stays, and was told of.
    func letters(group: String) -> [DeadLetter] {
        items.compactMap { item in
            guard !item.item.isKept, item.item.record.claim?.speaks ?? true, case .rejected(let rejection, _) = item.statement else { return nil }
            return item.item.record.letter(rejection, group: group)
        }
    }

    /// Why nothing can be made anew of what stays.
    var kept: [Rejection] {
        items.compactMap { item in
            guard item.item.isKept, case .rejected(let rejection, _) = item.statement else { return nil }
            return rejection
        }
    }

    /// - Parameter refreshing: how long after it was fetched content is asked for again; nothing: it is not.
    func batch(claims: Set<Claim>, policy: DeferralPolicy, refreshing: RefreshPolicy?) -> GenerationBatch {
        var batch = GenerationBatch()
        batch.claims = claims
        batch.newEmbeddings = texts.computed
        batch.newVectors = texts.vectors.values
        for item in items {
            let (name, version, isNamed) = (item.item.name, item.item.version, item.item.isNamed)
            if let waiting = item.item.record.waiting { batch.leases[name] = waiting.lease }
            switch item.statement {
            case .upserted(let event):
                if let refreshing, let tag = item.reference { batch.references[name] = refreshing.note(item.item.record, tag) }
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(event.facts), isNamed: isNamed))
                batch.renditions.append(
                    RenditionChange(
                        name: name, version: version, statement: .content(digest: item.contentDigest, facts: event.facts, content(item, event)),
                        redone: item.item.redone))
            case .deleted:
                batch.facts.append(FactChange(name: name, version: version, statement: .deleted))
                batch.renditions.append(RenditionChange(name: name, version: version, statement: .deleted))
            case .rejected(_, let facts):
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts), isNamed: isNamed))
                batch.renditions.append(RenditionChange(name: name, version: version, statement: .rejected))
            case .deferred(let facts, let postponement):
                batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts), isNamed: isNamed))
                let record = item.item.record
                let deferral = Deferral(
                    record: record.record, incarnation: record.incarnation, cause: postponement.cause, host: postponement.host, reason: postponement.reason,
                    delay: policy.delay(of: postponement, after: record.waiting))
                batch.renditions.append(RenditionChange(name: name, version: version, statement: .deferred(deferral)))
            }
        }
        return batch
    }

    /// The version in force with what its content is by now; nothing where nothing could be made of that.
    func refreshment(of due: DueReference, policy: RefreshPolicy) -> GenerationBatch? {
        guard let item = items.first, case .upserted(let event) = item.statement, let tag = item.reference, let content = content(item, event) else {
            return nil
        }
        var batch = GenerationBatch()
        batch.newEmbeddings = texts.computed
        batch.newVectors = texts.vectors.values
        batch.refreshed = [due]
        batch.references[item.item.name] = policy.note(item.item.record, tag)
        batch.renditions = [RenditionChange(name: item.item.name, version: item.item.version, statement: .refreshed(content))]
        return batch
    }

    private func content(_ item: PreparedItem, _ event: DocumentUpserted) -> RenditionContent? {
        guard let document = item.document else { return nil }
        return RenditionContent(
            contentDigest: item.contentDigest, title: document.title, uri: event.uri, mediaType: document.mediaType, language: document.language,
            modifiedAt: event.modifiedAt, metadata: event.metadata.json, body: document.body, chunks: document.chunks.map(\.row),
            terms: document.terms, vectors: texts.values(of: document, item.item.name.tenant), dimension: texts.vectors.dimension)
    }

    /// Deletions are told of by the registrar.
    ///
    /// - Parameter superseded: records that waited for their content, and are replaced.
    func outcomes(_ verdicts: [RenditionVerdict], superseded: [DeferredRecord], _ generation: Generation) -> [OutboxEntry] {
        let told = zip(items, verdicts).compactMap { item, verdict -> OutboxEntry? in
            guard let (kind, rejection, counts) = report(item, verdict) else { return nil }
            let outcome = item.item.record.outcome(
                kind, tenant: item.item.key.tenant, id: item.item.id, trace: item.item.trace, rejection: rejection, generation: generation.name,
                counts: counts)
            return OutboxEntry(outcome: outcome, tenant: item.item.name.tenant, isRedriven: item.item.record.isRedriven, speaks: item.item.record.claim?.speaks)
        }
        return told
            + superseded.compactMap { waited in
                guard case .event(let event)? = waited.decoded, let tenant = items.first(where: { $0.item.key == event.key })?.item.name.tenant else {
                    return nil
                }
                let outcome = Outcome(
                    .superseded, generation: generation.name, position: waited.record.position, incarnation: waited.incarnation, tenant: event.key.tenant,
                    recordKey: waited.record.key, correlationID: event.id, trace: event.trace)
                return OutboxEntry(outcome: outcome, tenant: tenant, speaks: nil)
            }
    }

    private func report(_ item: PreparedItem, _ verdict: RenditionVerdict) -> (Outcome.Kind, Rejection?, Outcome.ChunkCounts?)? {
        switch (item.statement, verdict) {
        case (.deleted, _), (_, .deleted), (_, .stale), (_, .overQuota): return nil
        case (.rejected, _) where item.item.isKept: return nil
        case (.rejected(let rejection, _), _): return (.rejected, rejection, nil)
        case (_, .deferred): return (.deferred, nil, nil)
        case (_, .indexed(let chunks)): return (.indexed, nil, counts(item, chunks))
        case (_, .unchanged(let chunks)): return (.unchanged, nil, counts(item, chunks))
        case (_, .superseded), (_, .rejected): return (.superseded, nil, nil)
        }
    }

    private func counts(_ item: PreparedItem, _ chunks: Int) -> Outcome.ChunkCounts {
        let computed = Set((item.document?.chunks ?? []).map { EmbeddingKey(tenant: item.item.name.tenant, digest: $0.digest) }).filter(texts.isComputed)
        return Outcome.ChunkCounts(chunks: chunks, embedded: min(computed.count, chunks), reused: chunks - min(computed.count, chunks))
    }
}
