import Contract
import Embedding
import Index
import Words

/// A question of the topic, and what is known of it before the index is asked.
struct PendingQuery: Sendable {
    enum Question: Sendable {
        case search(Query, vector: [Float]?)
        case check(AccessCheck)
    }

    let envelope: QueryEnvelope
    let question: Question
}

/// Answers one question from the index: every status but `ok` is an error with no hits, never a partial answer.
struct QueryAnswerer: Sendable {
    let store: RetrievalStore
    let model: any EmbeddingModel
    /// The tenants whose operator lets results tell the plan and the time.
    let diagnostics: Set<TenantID>
    let analyzer: TermAnalyzer

    /// What a result may weigh: the topics take 8 MiB, and the envelope needs a little.
    private static let maximumResultBytes = 7 << 20

    enum Answer: Sendable {
        case result(QueryResult)
        case check(AccessCheckResult)
    }

    func answer(_ query: PendingQuery, startedAt: ContinuousClock.Instant) async throws -> Answer {
        switch query.question {
        case .search(let question, let vector):
            return .result(try await search(question, vector, startedAt))
        case .check(let question):
            guard let claims = Claims(question.asker, tenant: question.envelope.key.tenant) else { return .check(.error(.tokenRefused)) }
            // A name no document can have is asked for as one that none has.
            let documents = question.documents.map { (source: $0?.source.text ?? "", subject: $0?.subject.text ?? "") }
            guard let visible = try await store.check(documents, as: claims) else { return .check(.error(.unavailable)) }
            return .check(.ok(visible: visible))
        }
    }

    private func search(_ query: Query, _ vector: [Float]?, _ startedAt: ContinuousClock.Instant) async throws -> QueryResult {
        guard let claims = Claims(query.asker, tenant: query.envelope.key.tenant) else { return .error(.tokenRefused) }
        let plan = SearchPlan(mode: query.mode, limit: query.limit, perDocument: query.perDocument)
        let request = SearchRequest(
            vector: plan.usesVectors ? vector : nil, embeddingSpace: model.space.identifier, terms: plan.usesTerms ? analyzer.query(query.text) : nil,
            depth: plan.depth,
            perDocument: plan.perDocument)
        switch try await store.search(request, as: claims, choose: { plan.choose($0) }) {
        case .unknownTenant, .otherSpace: return .error(.unavailable)
        case .hits(let hits, let generation):
            let (fitting, truncated) = Self.fit(hits)
            let diagnostics =
                self.diagnostics.contains(query.envelope.key.tenant)
                ? QueryResult.Diagnostics(plan: "exact", totalMilliseconds: Self.milliseconds(since: startedAt)) : nil
            return .ok(
                QueryResult.Answer(
                    mode: query.mode, generation: generation, truncated: truncated, hits: fitting, context: nil, diagnostics: diagnostics))
        }
    }

    private static func fit(_ hits: [QueryResult.Hit]) -> (hits: [QueryResult.Hit], truncated: Bool) {
        var bytes = 0
        for (index, hit) in hits.enumerated() {
            bytes += hit.encodedBytes
            if bytes > maximumResultBytes { return (Array(hits[..<index]), true) }
        }
        return (hits, false)
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .milliseconds(1)
    }
}

extension Claims {
    /// Nothing for a token: no worker takes one yet.
    init?(_ asker: Asker, tenant: TenantID) {
        guard case .named(let user, let groups) = asker else { return nil }
        self.init(tenant: tenant, principals: Array(Set([user, .everyone] + groups)).map(\.text))
    }
}
