import Contract
import Embedding
import Index
import Words

/// A question of the topic, and what is known of it before the index is asked.
enum Question: Sendable {
    case search(Query)
    case check(AccessCheck)

    var envelope: QueryEnvelope {
        switch self {
        case .search(let query): query.envelope
        case .check(let check): check.envelope
        }
    }

    var asker: Asker {
        switch self {
        case .search(let query): query.asker
        case .check(let check): check.asker
        }
    }

    var minimumPositions: [RecordPosition] {
        switch self {
        case .search(let query): query.minimumPositions
        case .check: []
        }
    }
}

/// Answers one question from the index: every status but `ok` is an error with no hits, never a partial answer.
struct QueryAnswerer: Sendable {
    let store: RetrievalStore
    let embedder: EmbeddingBatcher
    let settings: AnswerSettings
    let analyzer: TermAnalyzer

    enum Answer: Sendable {
        case result(QueryResult)
        case check(AccessCheckResult)
        /// The positions asked for are not reached: to be asked again.
        case notYet
        /// The index has no such tenant, none that is answered, or no live generation.
        case noTenant
    }

    /// - Throws: what keeps the index or the model from answering at present.
    func answer(_ question: Question, startedAt: ContinuousClock.Instant) async throws -> Answer {
        let tenant = question.envelope.key.tenant
        guard let claims = Claims(question.asker, tenant: tenant) else { return Self.refusal(.tokenRefused, of: question) }
        // Asked again and again, perhaps: before anything is embedded.
        guard try await store.hasReached(question.minimumPositions, of: tenant) else { return .notYet }
        switch question {
        case .search(let query): return try await search(query, claims, startedAt)
        case .check(let check): return try await self.check(check, claims)
        }
    }

    private static func refusal(_ error: QueryError, of question: Question) -> Answer {
        switch question {
        case .search: .result(.error(error))
        case .check: .check(.error(error))
        }
    }

    // MARK: access checks

    private func check(_ check: AccessCheck, _ claims: Claims) async throws -> Answer {
        // A name no document can have is asked for as one that none has.
        let documents = check.documents.map { (source: $0?.source.text ?? "", subject: $0?.subject.text ?? "") }
        switch try await store.ask(as: claims, freshness: Freshness(maximumStaleness: settings.maximumStaleness), { try $0.shown(documents) }) {
        case .answered(let visible): return .check(.ok(visible: visible))
        case .stale: return .check(.error(.accessStale))
        case .notYet: return .check(.error(.unavailable))
        case .unknownTenant: return .noTenant
        }
    }

    // MARK: searches

    private func search(_ query: Query, _ claims: Claims, _ startedAt: ContinuousClock.Instant) async throws -> Answer {
        let plan = SearchPlan(
            mode: query.mode, wanted: max(query.limit, settings.reranking?.depth ?? 0), perDocument: query.perDocument,
            collapsesDuplicates: query.collapseDuplicates, fusion: settings.fusion)
        let vector = plan.usesVectors ? try await embedder.embed(Array(query.text.utf8)) : nil
        let words = plan.usesTerms ? analyzer.query(query.text) : nil
        let space = embedder.model.space.identifier
        let freshness = Freshness(positions: query.minimumPositions, maximumStaleness: settings.maximumStaleness)
        let asked = try await store.ask(as: claims, freshness: freshness) { snapshot -> Found? in
            guard vector == nil || snapshot.embeddingSpace == space else { return nil }
            let matching = try query.filter.map { try snapshot.documents(matching: $0) }
            if let matching, matching.isEmpty { return Found(passages: [], generation: snapshot.generation, path: .rows) }
            let (passages, path) = try plan.choose(vector: vector, terms: words, within: matching, neighbours: query.neighbours, in: snapshot)
            return Found(passages: passages, generation: snapshot.generation, path: path)
        }
        switch asked {
        case .answered(let found?): return .result(await result(of: query, found, startedAt))
        case .notYet: return .notYet
        case .stale: return .result(.error(.accessStale))
        case .unknownTenant: return .noTenant
        // The live generation has another space than this worker embeds in.
        case .answered(nil): return .result(.error(.unavailable))
        }
    }

    private struct Found: Sendable {
        let passages: [FoundPassage]
        let generation: String
        let path: SearchPath
    }

    private func result(of query: Query, _ found: Found, _ startedAt: ContinuousClock.Instant) async -> QueryResult {
        var passages = found.passages
        var plan = found.path.rawValue + (query.filter == nil ? "" : "+filter")
        if let reranking = settings.reranking, passages.count > 1 {
            let reordered = await reranking.reorder(passages, text: \.hit.text, for: query.text)
            plan += reordered == nil ? "+rerank-timeout" : "+rerank"
            passages = reordered ?? passages
        }
        let fitted = ResultSize.fit(
            Array(passages.prefix(query.limit)),
            makeContext: query.contextMaxTokens.map { tokens in
                { ContextText(tokenizer: embedder.model.tokenizer, maximumTokens: tokens, maximumBytes: $1).make(of: $0) }
            })
        let diagnostics =
            settings.diagnostics.contains(query.envelope.key.tenant)
            ? QueryResult.Diagnostics(plan: plan, totalMilliseconds: (ContinuousClock.now - startedAt) / .milliseconds(1)) : nil
        return .ok(
            QueryResult.Answer(
                mode: query.mode, generation: found.generation, truncated: fitted.isTruncated, hits: fitted.hits, context: fitted.context,
                diagnostics: diagnostics))
    }
}

extension Claims {
    /// Nothing for a token: the authenticator has put what it proves in its place, or refused it.
    init?(_ asker: Asker, tenant: TenantID) {
        guard case .named(let user, let groups) = asker else { return nil }
        self.init(tenant: tenant, principals: Array(Set([user, .everyone] + groups)).map(\.text))
    }
}
