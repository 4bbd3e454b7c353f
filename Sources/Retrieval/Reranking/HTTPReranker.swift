import Contract
import Synchronization
import Telemetry
import WebClient

/// A reranking service in the form that Cohere made common: `POST …/rerank` with `{model, query, documents, top_n}`, answered with
/// `{results: [{index, relevance_score}]}`.
///
/// Question and passages go to the service as they are: it is part of what the operator trusts with the documents.
package final class HTTPReranker: Reranker {
    private let url: WebURL
    private let model: String?
    private let headers: [WebHeader]
    private let client: WebClient
    private let now: @Sendable () -> CircuitBreaker.Instant
    private let breaker = Mutex(CircuitBreaker())

    /// A hundred results with long identifiers have a hundredth of it; services that repeat the documents unasked fit too.
    private static let maximumAnswerBytes = 4 << 20

    /// - Parameters:
    ///   - model: sent where the service has several.
    ///   - key: sent as a bearer token.
    ///   - certificateAuthorities: a PEM file trusted instead of the system's authorities.
    /// - Throws: `WebError.Code.certificateAuthorities`, `.unavailable`.
    package init(
        _ url: WebURL, model: String?, key: BearerKey? = nil, certificateAuthorities: String? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(WebError) {
        self.url = url
        self.model = model
        self.now = now
        headers = key.map { [$0.header] } ?? []
        // Any address: the operator named the host, and it is often a neighbour.
        client = try WebClient(certificateAuthorities: certificateAuthorities) { _ in true }
    }

    /// - Throws: `RerankError`.
    package func order(_ passages: [String], for query: String, within limit: Duration) async throws -> [Int] {
        guard !passages.isEmpty else { return [] }
        guard breaker.withLock({ $0.admits(at: now()) }) else { throw RerankError(.paused) }
        do throws(RerankError) {
            let order = try await ask(passages, query, limit)
            breaker.withLock { $0.succeed() }
            return order
        } catch {
            breaker.withLock { error.code == .cancelled ? $0.abandon(at: now()) : $0.fail(at: now()) }
            WorkerMetrics.failedRerankings.add(1, .init(error.code.rawValue))
            throw error
        }
    }

    private func ask(_ passages: [String], _ query: String, _ limit: Duration) async throws(RerankError) -> [Int] {
        let response: WebResponse
        do {
            response = try await client.send(
                WebRequest(url, headers: headers, json: body(passages, query), timeLimit: limit, maximumBodyBytes: Self.maximumAnswerBytes))
        } catch {
            switch error.code {
            case .timedOut: throw RerankError(.late)
            case .cancelled: throw RerankError(.cancelled)
            case .tooLarge, .malformed: throw RerankError(.malformed)
            default: throw RerankError(.unreachable)
            }
        }
        guard response.status == 200 else { throw RerankError(.refused) }
        guard let order = Self.order(response.body, of: passages.count) else { throw RerankError(.malformed) }
        return order
    }

    private func body(_ passages: [String], _ query: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { [model] in
            if let model { $0.member("model", model) }
            $0.member("query", query)
            $0.member("documents") { $0.array(passages) { $0.value($1) } }
            $0.member("top_n", passages.count)
        }
        return json.bytes
    }

    /// By score, the greatest first; of equal scores as the service has them. Nothing where an index is out of range or stands twice, or a score is
    /// no finite number.
    static func order(_ answer: [UInt8], of count: Int) -> [Int]? {
        guard let results = (try? JSON.parse(answer))?["results"]?.array, results.count <= count else { return nil }
        var isTaken = [Bool](repeating: false, count: count)
        var ranked: [(index: Int, score: Double)] = []
        for result in results {
            guard let index = result["index"]?.integer, isTaken.indices.contains(index), !isTaken[index],
                let score = result["relevance_score"]?.number?.double, score.isFinite
            else { return nil }
            isTaken[index] = true
            ranked.append((index, score))
        }
        // The standard library's sort is stable.
        return ranked.sorted { $0.score > $1.score }.map(\.index)
    }
}
