import Contract
import Digest
import Kafka
import Telemetry
import Transport

/// What is written in reply to a query: its result, or a dead letter where it cannot have one.
struct QueryReplies: Sendable {
    let group: String
    let producer: KafkaProducer
    let log: Log

    enum Reply: Sendable {
        case answer(QueryAnswerer.Answer, QueryEnvelope)
        case error(QueryError, QueryEnvelope)
        case deadLetter(InboundRecord, Rejection)
    }

    /// Returns once it is acknowledged.
    ///
    /// - Throws: `KafkaError`.
    func send(_ reply: Reply, to query: InboundRecord) async throws {
        let message = KafkaMessage(record(of: reply))
        do {
            _ = try await producer.send(message)
        } catch {
            guard error.code == .unknownTopic else { throw error }
            // Its tenant's topic is gone: nobody could read a result, and the others behind it must not wait for one.
            log.warning("a tenant has no result topic", [.consumerGroup: .string(group), .reason: .string("\(error)")])
            let letter = record(of: .deadLetter(query, .noResultTopic))
            _ = try await producer.send(KafkaMessage(letter))
        }
    }

    private func record(of reply: Reply) -> OutboundRecord {
        switch reply {
        case .answer(.result(let result), let envelope):
            WorkerMetrics.queries.add(1, .init(result.status.rawValue))
            return result.record(for: envelope, id: Self.resultID(envelope), topic: Self.topic(envelope), at: .now)
        case .answer(.check(let result), let envelope):
            return result.record(for: envelope, id: Self.resultID(envelope), topic: Self.topic(envelope), at: .now)
        case .answer(.notYet, let envelope):
            return record(of: .error(.notYet, envelope))
        case .answer(.noTenant, let envelope):
            return record(of: .error(.unavailable, envelope))
        case .error(let error, let envelope):
            WorkerMetrics.queries.add(1, .init(error.status.rawValue))
            return envelope.record(of: error, id: Self.resultID(envelope), topic: Self.topic(envelope), at: .now)
        case .deadLetter(let record, let rejection):
            WorkerMetrics.rejections.add(1, .init(rejection.code.rawValue))
            return DeadLetter(record: record, group: group, deliveryCount: 1, rejection: rejection).outbound
        }
    }

    private static func topic(_ envelope: QueryEnvelope) -> String { Topics.results(of: envelope.key.tenant) }

    /// A function of (tenant, source, id), so that a result delivered twice can be told.
    private static func resultID(_ envelope: QueryEnvelope) -> String { hexEncoded(SHA256.hash(envelope.key.bytes)) }
}

extension Rejection {
    static let unregisteredTenant = Rejection(.unknownTenant, .envelope, "the query's tenant is not registered")
    fileprivate static let noResultTopic = Rejection(.unknownTenant, .envelope, "the query's tenant has no result topic")
}
