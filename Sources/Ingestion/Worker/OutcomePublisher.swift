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
    ///
    /// - Parameter buried: which are there already: work that is done again buries nothing twice.
    func bury(_ letters: [DeadLetter], _ buried: inout Set<RecordPosition>) async throws {
        let letters = letters.filter { !buried.contains($0.record.position) }
        guard !letters.isEmpty else { return }
        _ = try await producer.send(letters.map { KafkaMessage($0.outbound) })
        buried.formUnion(letters.map(\.record.position))
        for letter in letters { WorkerMetrics.rejections.add(1, .init(letter.rejection.code.rawValue)) }
    }

    /// Returns once the broker has acknowledged every one; that they are published is still to be written down.
    func publish(_ outcomes: [Outcome]) async throws {
        guard !outcomes.isEmpty else { return }
        do {
            try await send(outcomes)
        } catch {
            guard error.code == .unknownTopic else { throw error }
            // Of a tenant that was deleted meanwhile there is nobody to tell.
            let registered = try await store.tenants()
            let others = outcomes.filter { registered[$0.tenant] != nil }
            guard others.count < outcomes.count else { throw error }
            try await send(others)
        }
    }

    private func send(_ outcomes: [Outcome]) async throws(KafkaError) {
        let now = Timestamp.now
        _ = try await producer.send(outcomes.map { KafkaMessage($0.record(at: now)) })
        for outcome in outcomes { WorkerMetrics.outcomes.add(1, .init(outcome.kind.rawValue)) }
    }

    /// What a predecessor wrote and did not come to publish.
    func publishLeftovers(of partition: PartitionKey, group: String, olderThan age: Duration = .zero) async throws {
        while true {
            let outcomes = try await store.unpublishedOutcomes(partition, group: group, olderThan: age, limit: Self.leftoverBatch)
            try await publish(outcomes)
            guard !outcomes.isEmpty else { return }
            try await store.settle(outcomes, [], group: group)
            guard outcomes.count == Self.leftoverBatch else { return }
        }
    }
}
