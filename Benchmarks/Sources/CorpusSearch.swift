import Contract
import Foundation
import Index
import Postgres
import Words

/// Asks a loaded corpus questions, one after another and in this process: a worker's own way to an answer, its text included, without the broker.
///
/// Everything that depends on how a search is asked for is here.
struct CorpusSearch {
    enum Mode: String {
        case vector
        case lexical
    }

    /// Who decides what an asker sees.
    enum Security: String {
        /// The policies, as in a worker.
        case policies
        /// The same conditions as plain views in the schema `unforced`, for a superuser: what the policies cost (`Benchmarks/unforced.py`).
        case views
    }

    private let corpus: Corpus
    private let tenant: TenantID
    private let store: RetrievalStore
    private let mirrors: Mirrors
    private let analyzer = TermAnalyzer()

    /// Connections, prepared statements and caches, as a worker that has run for a while has them; past five uses a statement's plan is the one it keeps.
    private static let warmUp = 8

    init(_ corpus: Corpus, tenant name: String, databaseURL: String, security: Security) throws {
        guard let tenant = TenantID(name) else { throw CorpusError() }
        self.corpus = corpus
        self.tenant = tenant
        // Loads are a worker's own on either side: only what a query costs is compared.
        mirrors = Mirrors(pool: IndexRole.retrieval.pool(url: databaseURL, connections: 1, applicationName: "sluice bench mirror"), byteLimit: 4 << 30) {
            FileHandle.standardError.write(Data("the mirror was not read: \($0)\n".utf8))
        }
        store = RetrievalStore(pool: Self.pool(databaseURL, security), mirrors: mirrors)
    }

    private static func pool(_ databaseURL: String, _ security: Security) -> PostgresPool {
        let name = "sluice bench search"
        switch security {
        case .policies: return IndexRole.retrieval.pool(url: databaseURL, connections: 1, applicationName: name)
        case .views:
            // As the role's, but for the schema.
            let settings = [
                "search_path": "unforced, sluice, public", "enable_seqscan": "off", "jit": "off", "plan_cache_mode": "force_generic_plan", "work_mem": "32MB",
            ]
            return PostgresPool(PostgresConfiguration(url: databaseURL, applicationName: name, settings: settings), limit: 1)
        }
    }

    /// Every question of one case, each in its own time.
    func ask(_ mode: Mode, case number: Int) async throws -> Turn {
        try await mirrors.ready(tenant)
        let questions = try corpus.questions(ofCase: number).map { (request: request($0, mode), claims: claims($0)) }
        for question in questions.prefix(Self.warmUp) { _ = try await answer(question.request, question.claims) }
        var turn = Turn()
        for question in questions {
            var hits: [QueryResult.Hit] = []
            turn.durations.append(try await ContinuousClock().measure { hits = try await answer(question.request, question.claims) })
            turn.hits.append(try hits.map(Self.chunk))
        }
        return turn
    }

    private func request(_ question: Corpus.Question, _ mode: Mode) -> SearchRequest {
        SearchRequest(
            vector: mode == .vector ? question.vector : nil, terms: mode == .lexical ? analyzer.query(question.words) : nil, depth: corpus.limit, perDocument: nil)
    }

    private func claims(_ question: Corpus.Question) -> Claims {
        Claims(tenant: tenant, principals: ["user:asker", "everyone"] + question.groups.map(CorpusLoad.group))
    }

    private func answer(_ request: SearchRequest, _ claims: Claims) async throws -> [QueryResult.Hit] {
        let asked = try await store.ask(as: claims) { snapshot in
            let found = try snapshot.search(request)
            return try snapshot.hits((found.byVector + found.byTerms).map { (passage: $0, foundBy: []) }, neighbours: 0)
        }
        guard case .answered(let passages) = asked else { throw IndexError.inconsistent }
        return passages.map(\.hit)
    }

    /// The number of the chunk that a hit is: `CorpusLoad` says how it is told.
    private static func chunk(_ hit: QueryResult.Hit) throws -> Int {
        guard let first = Int(hit.document.text), let page = hit.page, !hit.text.isEmpty else { throw IndexError.inconsistent }
        return first + page - 1
    }

    struct Turn {
        var durations: [Duration] = []
        /// Per question, the numbers of the chunks that were found, best first.
        var hits: [[Int]] = []

        var json: String { #"{"milliseconds": \#(durations.map { $0.seconds * 1000 }), "hits": \#(hits)}"# }
    }
}
