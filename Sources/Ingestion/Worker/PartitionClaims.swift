import Contract
import Index
import Kafka
import Synchronization
import Telemetry
import Threads

/// The partitions this worker owns, each under the epoch it claimed in the database when it was assigned.
///
/// Called by the consumer on its own thread, inside a poll: no batch is in hand then, so a revoked partition has nothing to drain.
final class PartitionClaims: RebalanceDelegate {
    private let group: String
    private let store: IngestionStore
    private let admin: KafkaAdmin
    private let outcomes: OutcomePublisher
    private let log: Log
    private let owned = Mutex<[KafkaTopicPartition: Claim]>([:])

    init(group: String, store: IngestionStore, admin: KafkaAdmin, outcomes: OutcomePublisher, log: Log) {
        self.group = group
        self.store = store
        self.admin = admin
        self.outcomes = outcomes
        self.log = log
    }

    subscript(partition: KafkaTopicPartition) -> Claim? { owned.withLock { $0[partition] } }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart] {
        let claims = try waitForAsync { try await self.claim(partitions) }
        owned.withLock { $0.merge(claims) { $1 } }
        log.info("partitions assigned", [.consumerGroup: .string(group), .count: .int(partitions.count)])
        return claims.mapValues { .offset($0.nextOffset) }
    }

    func revoked(_ partitions: [KafkaTopicPartition]) {
        release(partitions)
        log.info("partitions revoked", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    func lost(_ partitions: [KafkaTopicPartition]) {
        release(partitions)
        log.warning("partitions lost", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    private func release(_ partitions: [KafkaTopicPartition]) {
        owned.withLock { owned in partitions.forEach { owned[$0] = nil } }
    }

    private func claim(_ partitions: [KafkaTopicPartition]) async throws -> [KafkaTopicPartition: Claim] {
        var keys: [PartitionKey: KafkaTopicPartition] = [:]
        for (topic, members) in Dictionary(grouping: partitions, by: \.topic) {
            let incarnation = try await store.incarnation(topic: topic, brokerID: try await admin.topicID(of: topic) ?? "")
            for member in members { keys[PartitionKey(incarnation: incarnation, partition: member.partition)] = member }
        }
        var claims: [KafkaTopicPartition: Claim] = [:]
        for claim in try await store.claim(Array(keys.keys), group: group) {
            if let partition = keys[claim.key] { claims[partition] = claim }
            try await outcomes.publishLeftovers(of: claim.key, group: group)
        }
        return claims
    }
}
