import Contract
import Index

/// What a host calls content; nothing where it calls it nothing.
struct ReferenceTag: Sendable {
    let text: String?
}

/// An item after fetching, parsing and chunking.
struct PreparedItem: Sendable {
    let item: WaveItem
    /// What the item comes to: as published, refused on the way, or put off.
    let statement: WaveItem.Statement
    let contentDigest: [UInt8]
    /// Nothing where nothing new has to be made.
    let document: PreparedDocument?
    /// Its content came by reference; with what the host calls it, where it does.
    private(set) var reference: ReferenceTag?

    init(_ item: WaveItem, _ work: WaveItem.Work, _ content: ReferencedContent, _ preparation: DocumentPreparation) {
        self.item = item
        guard case .upserted(let event) = item.statement else {
            (statement, contentDigest, document) = (item.statement, [], nil)
            return
        }
        contentDigest = DocumentPreparation.digest(of: event, content: content.bytes)
        guard case .make = work else {
            (statement, document) = (item.statement, nil)
            return
        }
        switch content {
        case .rejected(let rejection):
            (statement, document) = (.rejected(rejection, event.facts), nil)
        case .unavailable(let host, let reason, let retryAfter):
            let away = Postponement(cause: .reference, host: host, reason: reason, retryAfter: retryAfter)
            (statement, document) = (.deferred(event.facts, away), nil)
        case .none, .unchanged, .fetched:
            if case .fetched(_, _, let tag) = content { reference = ReferenceTag(text: tag) }
            do {
                document = try preparation.prepare(event, content)
                statement = item.statement
            } catch {
                document = nil
                statement = .rejected(error, event.facts)
            }
        }
    }

    private init(_ item: WaveItem, _ statement: WaveItem.Statement, _ contentDigest: [UInt8]) {
        (self.item, self.statement, self.contentDigest, document) = (item, statement, contentDigest, nil)
    }

    /// The texts to embed; none where nothing new has to be made.
    var texts: [EmbeddingKey: [UInt8]] {
        Dictionary((document?.chunks ?? []).map { (EmbeddingKey(tenant: item.name.tenant, digest: $0.digest), $0.embeddingText) }) { $1 }
    }

    /// The same document, refused for what it would take.
    func refused(_ rejection: Rejection) -> PreparedItem {
        guard case .upserted(let event) = item.statement else { return self }
        return PreparedItem(item, .rejected(rejection, event.facts), contentDigest)
    }

    /// The same, or, where one of its texts is among these, refused as a whole: half a document is never visible.
    func refusing(_ refused: Set<EmbeddingKey>) -> PreparedItem {
        guard texts.keys.contains(where: { refused.contains($0) }) else { return self }
        return self.refused(Rejection(.embeddingRejected, .embed, "the embedding model does not take a part of the text"))
    }

    /// The same document, put off.
    func postponed(_ postponement: Postponement) -> PreparedItem {
        guard case .upserted(let event) = item.statement else { return self }
        return PreparedItem(item, .deferred(event.facts, postponement), contentDigest)
    }

    /// Refuses what its tenant has no room for, before it costs any embedding.
    static func admit(_ items: [PreparedItem], _ peeked: [Name: RenditionPeek], _ allowances: [TenantNumber: Allowance]) -> [PreparedItem] {
        guard !allowances.isEmpty else { return items }
        var room = allowances
        return items.map { item in
            let (name, peek) = (item.item.name, peeked[item.item.name])
            switch item.statement {
            case .upserted:
                guard let document = item.document else { return item }
                return room[name.tenant]?.replace(peek?.bytes, by: Int64(document.body.count)) == false ? item.refused(.quota) : item
            case .deleted:
                if peek?.takes(item.item.version, isNamed: item.item.isNamed) != false { _ = room[name.tenant]?.replace(peek?.bytes, by: nil) }
                return item
            case .rejected, .deferred: return item
            }
        }
    }
}
