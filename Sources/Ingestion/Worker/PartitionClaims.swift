import Contract
import Index
import Kafka
import Synchronization
import Telemetry
import Threads
import Transport

/// The partitions this worker owns, each under the epoch it claimed in the database when it was assigned.
///
/// Called by the consumer on its own thread, inside a poll; the group waits meanwhile, so draining has a deadline.
final class PartitionClaims: RebalanceDelegate {
    private let group: String
    private let generation: GenerationNumber?
    private let kit: IngestionService.Kit
    private let outcomes: OutcomePublisher
    private let work: WorkInHand
    private let state = Mutex(State())

    private struct State {
        /// The broker's id of each incarnation that was claimed: empty where it gives none.
        var brokerIDs: [Int32: String] = [:]
        var consumer: KafkaConsumer?
    }

    /// - Parameter generation: whose group it is; nothing for the registrar's.
    init(group: String, generation: GenerationNumber?, kit: IngestionService.Kit, outcomes: OutcomePublisher, work: WorkInHand) {
        self.group = group
        self.generation = generation
        self.kit = kit
        self.outcomes = outcomes
        self.work = work
    }

    /// Whose offsets are committed before a partition goes.
    func attach(_ consumer: KafkaConsumer) { state.withLock { $0.consumer = consumer } }

    /// From now on partitions go without.
    func detach() { state.withLock { $0.consumer = nil } }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart] {
        let claims = try waitForAsync { [self] in
            let claims = try await claim(partitions)
            await work.assign(claims)
            return claims
        }
        kit.log.info("partitions assigned", [.consumerGroup: .string(group), .count: .int(partitions.count)])
        return claims.mapValues { .offset($0.nextOffset) }
    }

    func revoked(_ partitions: [KafkaTopicPartition]) {
        let deadline = Deadline.after(kit.drainTimeout)
        let settled = (try? waitForAsync { [work] in await work.drain(partitions, until: deadline) }) ?? [:]
        if let consumer = state.withLock({ $0.consumer }) {
            consumer.assumeIsolated { try? $0.commit(settled.filter { $0.value > 0 }) }
        }
        release(partitions)
        kit.log.info("partitions revoked", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    func lost(_ partitions: [KafkaTopicPartition]) {
        release(partitions)
        kit.log.warning("partitions lost", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    private func release(_ partitions: [KafkaTopicPartition]) {
        try? waitForAsync { [work] in await work.release(partitions) }
    }

    private func claim(_ partitions: [KafkaTopicPartition]) async throws -> [KafkaTopicPartition: Claim] {
        var keys: [PartitionKey: KafkaTopicPartition] = [:]
        let byTopic = Dictionary(grouping: partitions, by: \.topic)
        let ids = try await kit.admin.topicIDs(of: byTopic.keys.sorted())
        for (topic, members) in byTopic {
            let incarnation = try await kit.store.incarnation(topic: topic, brokerID: ids[topic] ?? "")
            state.withLock { $0.brokerIDs[incarnation] = ids[topic] ?? "" }
            for member in members { keys[PartitionKey(incarnation: incarnation, partition: member.partition)] = member }
        }
        var claims: [KafkaTopicPartition: Claim] = [:]
        for claim in try await kit.store.claim(Array(keys.keys), group: group, generation: generation) {
            if let partition = keys[claim.key] { claims[partition] = claim }
            try await outcomes.publishLeftovers(of: claim.key, group: group)
        }
        return claims
    }

    /// - Throws: `IndexError.fenced` where the partitions are not this worker's any more, or the database may be an earlier one; `TopicReplaced`.
    func confirm() async throws {
        let (owned, idle) = await (work.claims, work.idle)
        let brokerIDs = state.withLock { $0.brokerIDs }
        // A topic that is deleted and there again before the library has missed it keeps its partitions assigned. What was taken of it since counted as
        // old, and comes again under its new incarnation. Asked first: without the broker nothing is known to be idle.
        let ids = try await kit.admin.topicIDs(of: Set(owned.keys.map(\.topic)).sorted())
        try await kit.store.confirm(Set(owned.values), idle: idle, group: group)
        guard owned.allSatisfy({ brokerIDs[$1.key.incarnation] == ids[$0.topic] ?? "" }) else { throw TopicReplaced() }
    }

    /// What was written and not published for so long that whoever wrote it will not.
    func publishLeftovers(olderThan age: Duration) async throws {
        for claim in await work.claims.values { try await outcomes.publishLeftovers(of: claim.key, group: group, olderThan: age) }
    }
}

/// A topic was deleted and created again while partitions of it were held: they are to be claimed anew.
private struct TopicReplaced: RetryableError, CustomStringConvertible {
    let isRetryable = true
    let description = "a topic was deleted and created again"
}
