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
    let embedders: QueryEmbedders
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
        var space = embedders.liveSpace
        for _ in 0..<Self.embeddings {
            let vector: [Float]?
            do {
                vector = plan.usesVectors ? try await embedders.embed(Array(query.text.utf8), in: space) : nil
            } catch let error as EmbeddingError where error.code == .textRefused {
                return .result(.error(.embeddingRejected))
            }
            switch try await look(for: query, plan, vector, of: space, claims) {
            case .answered(.found(let found)): return .result(await result(of: query, found, startedAt))
            case .answered(.otherwiseEmbedded(let live)):
                embedders.saw(live)
                // No model at hand has the live generation's space.
                guard live != space else { return .result(.error(.unavailable)) }
                space = live
            case .notYet: return .notYet
            case .stale: return .result(.error(.accessStale))
            case .unknownTenant: return .noTenant
            }
        }
        return .result(.error(.unavailable))
    }

    /// Another generation may become live once while a query is embedded for the one before; twice would be a quarrel.
    private static let embeddings = 3

    /// - Parameters:
    ///   - vector: nothing where words alone are searched, or no model at hand has the space.
    ///   - space: what the vector is of.
    private func look(
        for query: Query, _ plan: SearchPlan, _ vector: [Float]?, of space: String, _ claims: Claims
    ) async throws -> Asked<Looked> {
        let words = plan.usesTerms ? analyzer.query(query.text) : nil
        let freshness = Freshness(positions: query.minimumPositions, maximumStaleness: settings.maximumStaleness)
        return try await store.ask(as: claims, freshness: freshness) { snapshot in
            guard !plan.usesVectors || (vector != nil && snapshot.embeddingSpace == space) else { return .otherwiseEmbedded(snapshot.embeddingSpace) }
            let matching = try query.filter.map { try snapshot.documents(matching: $0) }
            let (passages, path) =
                matching?.isEmpty == true
                ? ([], .rows) : try plan.choose(vector: vector, terms: words, within: matching, neighbours: query.neighbours, in: snapshot)
            return .found(Found(passages: passages, generation: snapshot.generation, embeddingSpace: snapshot.embeddingSpace, path: path))
        }
    }

    private enum Looked: Sendable {
        case found(Found)
        /// The query's vector is not of the live generation's space, which this is.
        case otherwiseEmbedded(String)
    }

    private struct Found: Sendable {
        let passages: [FoundPassage]
        let generation: String
        let embeddingSpace: String
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
                { ContextText(tokenizer: embedders.tokenizer(of: found.embeddingSpace), maximumTokens: tokens, maximumBytes: $1).make(of: $0) }
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
