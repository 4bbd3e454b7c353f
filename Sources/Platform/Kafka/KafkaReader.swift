import CKafka
import Threads

/// Reads partitions it names itself, without a consumer group: nothing is joined, committed or rebalanced. On a thread of its own.
package actor KafkaReader {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let context: ClientContext
    /// `nil` once closed.
    private var client: KafkaClient?
    private var topicNames = TopicNames()

    /// - Throws: `.invalidConfiguration`.
    package init(configuration: KafkaConfiguration, log: @escaping KafkaLog = { _ in }) throws(KafkaError) {
        executor = ThreadExecutor(name: "kafka-reader")
        context = ClientContext(log: log)
        let client = try KafkaClient.make(
            RD_KAFKA_CONSUMER, configuration, context: context,
            defaults: [
                // The contract's records have 8 MiB of content; the rest is envelope.
                "fetch.message.max.bytes": "\(9 << 20)",
                // What lies fetched and unread: memory, so bounded, and two of the largest records.
                "queued.max.messages.kbytes": "\(18 << 10)",
                // How long the broker holds a fetch that has nothing: a record that arrives ends it.
                "fetch.wait.max.ms": "50",
            ],
            required: [
                // The library reads nothing without a name for a group; it joins none before a subscription.
                "group.id": "sluice-reader",
                "enable.auto.commit": "false", "enable.auto.offset.store": "false",
                // What tells a present end on every broker: the embedded one's own figure of it may be too low.
                "enable.partition.eof": "true",
                // A reader asks for offsets that exist; what was deleted meanwhile is skipped, not read again.
                "auto.offset.reset": "earliest",
            ])
        self.client = client
        try KafkaError.check(rd_kafka_poll_set_consumer(client.pointer))
    }

    /// From now on reads these topics from their present end, and nothing else: what is written after this returns is read.
    ///
    /// The embedded broker tells an end as if the last batch held one record, and so gives some of that batch again: a reader tells its own by id or position.
    ///
    /// - Throws: `.unknownTopic`; `.unavailable`, `.timedOut` where no broker answers; `.closed`.
    package func startAtEnd(of topics: [String], timeoutMilliseconds: Int = 10_000) throws(KafkaError) {
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        var ends: [KafkaTopicPartition: Int64] = [:]
        for topic in topics {
            for (partition, extent) in try extents(of: topic, timeoutMilliseconds: Int(deadline.remainingMilliseconds)) { ends[partition] = extent.upperBound }
        }
        try start(at: ends)
    }

    /// The offsets that each partition of a topic holds at present.
    ///
    /// - Throws: `.unknownTopic`; `.unavailable`, `.timedOut` where no broker answers; `.closed`.
    package func extents(of topic: String, timeoutMilliseconds: Int = 10_000) throws(KafkaError) -> [KafkaTopicPartition: Range<Int64>] {
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        var extents: [KafkaTopicPartition: Range<Int64>] = [:]
        for partition in 0..<(try partitionCount(of: topic, deadline)) {
            extents[KafkaTopicPartition(topic: topic, partition: partition)] = try extent(of: topic, partition, deadline)
        }
        return extents
    }

    /// Of each partition of a topic the first offset whose record was published then or later; the end where there is none.
    ///
    /// - Throws: `.unknownTopic`; `.unavailable`, `.timedOut` where no broker answers; `.closed`.
    package func offsets(of topic: String, since milliseconds: Int64, timeoutMilliseconds: Int = 10_000) throws(KafkaError) -> [Int32: Int64] {
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        let present = try extents(of: topic, timeoutMilliseconds: timeoutMilliseconds)
        let list = TopicPartitionList(present.mapValues { _ in milliseconds })
        try KafkaError.check(rd_kafka_offsets_for_times(try openClient().pointer, list.pointer, deadline.remainingMilliseconds))
        try list.check()
        var offsets: [Int32: Int64] = [:]
        list.forEach { partition, element in
            offsets[partition.partition] = element.offset >= 0 ? element.offset : present[partition]?.upperBound
        }
        // The embedded broker gives the beginning where nothing was published since.
        for (partition, extent) in present where !extent.isEmpty && offsets[partition.partition] == extent.lowerBound {
            if try isEarlier(partition, extent.lowerBound, milliseconds, deadline) { offsets[partition.partition] = extent.upperBound }
        }
        return offsets
    }

    /// Whether anything can be read of a partition between two offsets: markers of transactions, and what was deleted or compacted away, take up offsets that
    /// nobody reads.
    ///
    /// - Throws: `.timedOut` where the broker gives neither a record nor the end; `.closed`.
    package func holdsRecord(
        _ partition: KafkaTopicPartition, in offsets: Range<Int64>, timeoutMilliseconds: Int = 10_000
    ) throws(KafkaError) -> Bool {
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        try start(at: [partition: offsets.lowerBound])
        while !deadline.hasPassed {
            let (records, isAtEnd) = try take(1, bytes: .max, Int(deadline.remainingMilliseconds), stopsAtEnd: true)
            if let first = records.first(where: { $0.topicPartition == partition && $0.offset >= offsets.lowerBound }) {
                return first.offset < offsets.upperBound
            }
            if isAtEnd { return false }
        }
        throw KafkaError(.timedOut, "the end of a partition was not reached in time")
    }

    /// Whether the record at an offset was published before a time.
    private func isEarlier(
        _ partition: KafkaTopicPartition, _ offset: Int64, _ milliseconds: Int64, _ deadline: Deadline
    ) throws(KafkaError) -> Bool {
        try start(at: [partition: offset])
        while !deadline.hasPassed {
            let (records, isAtEnd) = try take(1, bytes: .max, Int(deadline.remainingMilliseconds), stopsAtEnd: true)
            if let record = records.first(where: { $0.topicPartition == partition }) { return (0..<milliseconds).contains(record.timestampMilliseconds) }
            if isAtEnd { return false }
        }
        throw KafkaError(.timedOut, "the topic gives no records")
    }

    /// From now on reads these partitions, each from its offset, and nothing else.
    ///
    /// - Throws: `.closed`.
    package func start(at offsets: [KafkaTopicPartition: Int64]) throws(KafkaError) {
        let list = TopicPartitionList(offsets)
        try KafkaError.check(rd_kafka_assign(try openClient().pointer, list.pointer))
    }

    /// Waits for a record, at most for the timeout, then takes what else is there, up to `maxRecords`.
    ///
    /// - Throws: `.fatal`, `.closed`. Errors of the transport are counted and logged: the library mends them.
    package func poll(maxRecords: Int, timeoutMilliseconds: Int) throws(KafkaError) -> [KafkaRecord] {
        try take(maxRecords, bytes: .max, timeoutMilliseconds, stopsAtEnd: false).records
    }

    /// Like `poll`, of the one partition that `start(at:)` named, and no further than the end it has when that is reached.
    ///
    /// - Parameter maxBytes: takes no more once keys and values are as many together.
    /// - Returns: the records, and whether the end follows the last of them.
    package func pollToEnd(
        maxRecords: Int, maxBytes: Int, timeoutMilliseconds: Int
    ) throws(KafkaError) -> (records: [KafkaRecord], isAtEnd: Bool) {
        try take(maxRecords, bytes: maxBytes, timeoutMilliseconds, stopsAtEnd: true)
    }

    private func take(
        _ maxRecords: Int, bytes maxBytes: Int, _ timeoutMilliseconds: Int, stopsAtEnd: Bool
    ) throws(KafkaError) -> (records: [KafkaRecord], isAtEnd: Bool) {
        let client = try openClient()
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        var records: [KafkaRecord] = []
        var bytes = 0
        while records.count < maxRecords, bytes < maxBytes,
            let event = ConsumerEvent.next(client, timeoutMilliseconds: records.isEmpty ? deadline.remainingMilliseconds : 0)
        {
            if let error = event.error {
                if error == RD_KAFKA_RESP_ERR__PARTITION_EOF {
                    if stopsAtEnd { return (records, true) }
                } else {
                    context.report(error)
                }
                if error == RD_KAFKA_RESP_ERR__FATAL { throw KafkaError(error) }
                if records.isEmpty, deadline.hasPassed { break }
            } else {
                let record = event.record(&topicNames)
                bytes += (record.key?.count ?? 0) + (record.value?.count ?? 0)
                records.append(record)
            }
        }
        return (records, false)
    }

    /// Ends the connection; again has no effect.
    package func close() {
        guard let client else { return }
        rd_kafka_consumer_close(client.pointer)
        self.client = nil
    }

    private func extent(of topic: String, _ partition: Int32, _ deadline: Deadline) throws(KafkaError) -> Range<Int64> {
        var (low, high): (Int64, Int64) = (0, 0)
        try KafkaError.check(
            rd_kafka_query_watermark_offsets(try openClient().pointer, topic, partition, &low, &high, deadline.remainingMilliseconds))
        return low..<max(low, high)
    }

    private func partitionCount(of topic: String, _ deadline: Deadline) throws(KafkaError) -> Int32 {
        let client = try openClient()
        let handle = TopicHandle(client, topic)
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let response = rd_kafka_metadata(client.pointer, 0, handle.pointer, &metadata, deadline.remainingMilliseconds)
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        try KafkaError.check(response)
        guard let list = metadata?.pointee, list.topic_cnt == 1 else { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) }
        try KafkaError.check(list.topics[0].err)
        return list.topics[0].partition_cnt
    }

    private func openClient() throws(KafkaError) -> KafkaClient {
        guard let client else { throw .closed }
        return client
    }
}

/// A topic of one client, as some calls want it.
private struct TopicHandle: ~Copyable {
    let pointer: OpaquePointer?

    init(_ client: KafkaClient, _ name: String) {
        pointer = rd_kafka_topic_new(client.pointer, name, nil)
    }

    deinit {
        if let pointer { rd_kafka_topic_destroy(pointer) }
    }
}
