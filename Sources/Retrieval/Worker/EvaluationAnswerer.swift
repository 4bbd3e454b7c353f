import Contract
import Credentials
import Embedding
import Index
import Words

/// Answers the questions of an evaluation in the process of whoever evaluates, of a generation that need not be live. A question goes the way of every other:
/// it is decoded, its asker proven, and what is found is found as that asker, under the same policies.
package struct EvaluationAnswerer: Sendable {
    private let answerer: QueryAnswerer
    private let authenticator: Authenticator
    private let decoder: QueryDecoder
    private let topic: InputTopicName

    /// - Parameter store: of the generation.
    package init?(store: RetrievalStore, models: EmbeddingModels, authenticator: Authenticator, answers: AnswerSettings) {
        guard let topic = InputTopicName(InputTopic.queries.rawValue) else { return nil }
        self.topic = topic
        self.authenticator = authenticator
        decoder = QueryDecoder(trust: authenticator.trust, supported: .all)
        answerer = QueryAnswerer(store: store, embedders: QueryEmbedders(models), settings: answers, analyzer: TermAnalyzer())
    }

    /// - Parameter record: as it would be published.
    /// - Throws: what keeps the index or the model from answering at present.
    package func answer(_ record: OutboundRecord) async throws -> QueryResult {
        let inbound = InboundRecord(
            position: RecordPosition(topic: record.topic, partition: 0, offset: 0), timestampMilliseconds: 0, key: record.key, value: record.value,
            headers: record.headers)
        switch await authenticator.decode(inbound, on: topic, by: decoder) {
        case .query(let query):
            if case .result(let result) = try await answerer.answer(.search(query), startedAt: .now) { return result }
            return .error(.unavailable)
        case .problem(_, let error): return .error(error)
        case .accessCheck, .deadLetter: return .error(.unavailable)
        }
    }
}
