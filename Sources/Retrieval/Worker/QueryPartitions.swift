import Kafka
import Synchronization
import Telemetry
import Threads
import Transport

/// The partitions this worker answers. Each starts where the group has committed: queries keep no state, so Kafka's offset is their position.
///
/// Called by the consumer on its own thread, inside a poll; the group waits meanwhile, so draining has a deadline.
final class QueryPartitions: RebalanceDelegate {
    private let group: String
    private let inHand: QueriesInHand
    private let drainTimeout: Duration
    private let log: Log
    /// Whose offsets are committed before a partition goes.
    private let consumer = Mutex<KafkaConsumer?>(nil)

    init(group: String, inHand: QueriesInHand, drainTimeout: Duration, log: Log) {
        self.group = group
        self.inHand = inHand
        self.drainTimeout = drainTimeout
        self.log = log
    }

    func attach(_ consumer: KafkaConsumer) { self.consumer.withLock { $0 = consumer } }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart] {
        try waitForAsync { [inHand] in await inHand.assign(partitions) }
        log.info("partitions assigned", [.consumerGroup: .string(group), .count: .int(partitions.count)])
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .stored) })
    }

    func revoked(_ partitions: [KafkaTopicPartition]) {
        let deadline = Deadline.after(drainTimeout)
        let answered = (try? waitForAsync { [inHand] in await inHand.drain(partitions, until: deadline) }) ?? [:]
        // What is not committed is answered again, under the same id.
        if let consumer = consumer.withLock({ $0 }) { consumer.assumeIsolated { try? $0.commit(answered) } }
        release(partitions)
        log.info("partitions revoked", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    func lost(_ partitions: [KafkaTopicPartition]) {
        release(partitions)
        log.warning("partitions lost", [.consumerGroup: .string(group), .count: .int(partitions.count)])
    }

    private func release(_ partitions: [KafkaTopicPartition]) {
        try? waitForAsync { [inHand] in await inHand.release(partitions) }
    }
}
