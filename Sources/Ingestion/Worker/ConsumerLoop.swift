import Contract
import Index
import Kafka
import Telemetry
import Threads
import Transport

/// What a consumer group does with the records of one batch.
protocol BatchProcessor: Sendable {
    /// Dead letters first, then one transaction with the data, the outcomes and the positions.
    ///
    /// - Returns: the outcomes that were written and are to be published.
    func process(_ batch: [ClaimedRecord]) async throws -> [Outcome]
}

/// One consumer group's way of a record: poll → decode → process → publish → commit.
///
/// A batch is finished before the next is polled, and rebalances happen inside a poll: so what is committed is always contiguous, and a partition
/// that is given up has nothing in hand.
package struct ConsumerLoop: Sendable {
    package struct Limits: Sendable {
        package var records: Int
        package var bytes: Int

        package init(records: Int, bytes: Int) {
            self.records = records
            self.bytes = bytes
        }
    }

    let group: String
    let topics: [String]
    let kafka: KafkaConfiguration
    let sessionTimeoutMilliseconds: Int
    let limits: Limits
    let store: IngestionStore
    let tenants: TenantDirectory
    let admin: KafkaAdmin
    let outcomes: OutcomePublisher
    let processor: any BatchProcessor
    let log: Log

    /// How long one poll may wait: the delay a shutdown can see.
    private static let pollMilliseconds = 200

    /// Runs until shutdown. Where another worker has taken a partition over, or the database was away, it joins the group anew and goes on from
    /// the positions in the database.
    func run(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        var backoff = Backoff()
        while !shutdown.isTriggered {
            do {
                try await session(shutdown, onJoined: onJoined)
                backoff = Backoff()
            } catch let error where Self.isRetryable(error) {
                log.warning("starting over", [.consumerGroup: .string(group), .reason: .string("\(error)")])
                await backoff.pause(unless: shutdown)
            }
        }
    }

    private func session(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        let claims = PartitionClaims(group: group, store: store, admin: admin, outcomes: outcomes, log: log)
        let consumer = try KafkaConsumer(
            configuration: kafka, groupID: group, topics: topics, sessionTimeoutMilliseconds: sessionTimeoutMilliseconds, delegate: claims,
            log: log.kafka)
        do {
            while !shutdown.isTriggered {
                let records = try await consumer.poll(
                    maxRecords: limits.records, maxBytes: limits.bytes, timeoutMilliseconds: Self.pollMilliseconds)
                if await !consumer.assignment.isEmpty { onJoined() }
                guard !records.isEmpty else { continue }
                let batch = try await decode(records, claims)
                let written = try await processor.process(batch)
                try await outcomes.publish(written, group: group)
                await commit(batch, consumer)
            }
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
    }

    private func decode(_ records: [KafkaRecord], _ claims: PartitionClaims) async throws -> [ClaimedRecord] {
        let inbound = records.map { InboundRecord($0) }
        try await tenants.load(inbound.lazy.compactMap { $0.key.flatMap(RecordKey.tenant(of:)) })
        return zip(records, inbound).compactMap { raw, record in
            guard let claim = claims[raw.topicPartition], let topic = InputTopicName(record.topic) else { return nil }
            WorkerMetrics.recordsConsumed.add(1, .init(topic: topic.topic.rawValue, group: group))
            return ClaimedRecord(record: record, claim: claim, decoded: EventDecoder.decode(record, on: topic) { tenants[$0] != nil })
        }
    }

    /// The broker's copy of the positions, for lag tools: a failure costs nothing.
    private func commit(_ batch: [ClaimedRecord], _ consumer: KafkaConsumer) async {
        var next: [KafkaTopicPartition: Int64] = [:]
        for item in batch {
            let partition = KafkaTopicPartition(topic: item.record.topic, partition: item.record.partition)
            next[partition] = max(next[partition] ?? 0, item.record.offset + 1)
        }
        do {
            try await consumer.commit(next)
        } catch {
            log.debug("the broker did not take the offsets", [.consumerGroup: .string(group), .reason: .string("\(error)")])
        }
    }

    private static func isRetryable(_ error: any Error) -> Bool {
        switch error {
        case let error as IndexError: error == .fenced
        // The database was away when partitions were assigned: as good a reason as when it is away later.
        case let error as KafkaError where error.code == .assignmentRefused: error.underlying.map(isRetryable) ?? false
        case let error as any RetryableError: error.isRetryable
        default: false
        }
    }
}
