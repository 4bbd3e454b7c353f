import Contract
import Index
import Kafka
import Telemetry
import Transport

/// Publishes what is in the outbox, and what cannot succeed to the dead-letter topic.
package struct OutcomePublisher: Sendable {
    private let producer: KafkaProducer
    private let store: IngestionStore

    /// How many left-over outcomes are read at once.
    private static let leftoverBatch = 500

    package init(producer: KafkaProducer, store: IngestionStore) {
        self.producer = producer
        self.store = store
    }

    /// Returns once the broker has acknowledged every one.
    func bury(_ letters: [DeadLetter]) async throws {
        guard !letters.isEmpty else { return }
        _ = try await producer.send(letters.map { KafkaMessage($0.outbound) })
        for letter in letters { WorkerMetrics.rejections.add(1, .init(letter.rejection.code.rawValue)) }
    }

    func publish(_ outcomes: [Outcome], group: String) async throws {
        guard !outcomes.isEmpty else { return }
        let now = Timestamp.now
        _ = try await producer.send(outcomes.map { KafkaMessage($0.record(at: now)) })
        try await store.markPublished(outcomes, group: group)
        for outcome in outcomes { WorkerMetrics.outcomes.add(1, .init(outcome.kind.rawValue)) }
    }

    /// What a predecessor wrote and did not come to publish.
    func publishLeftovers(of partition: PartitionKey, group: String) async throws {
        while true {
            let outcomes = try await store.unpublishedOutcomes(partition, group: group, limit: Self.leftoverBatch)
            try await publish(outcomes, group: group)
            guard outcomes.count == Self.leftoverBatch else { return }
        }
    }
}
