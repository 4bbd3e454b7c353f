import CKafka
import Threads

/// One member of a consumer group, on a thread of its own. Commits only what it is told to.
///
/// Partitions come and go inside `poll`, which has to be called more often than `max.poll.interval.ms` says.
package actor KafkaConsumer {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let context: ClientContext
    let rebalancing: Rebalancing
    /// `nil` once closed.
    private var client: KafkaClient?
    private var topicNames = TopicNames()

    /// Joins the group in the background; the first polls do the rest.
    ///
    /// - Parameters:
    ///   - instanceID: makes the member a static one: back within the session timeout, it keeps its partitions.
    ///   - topics: names, or patterns that begin with `^`; a topic that comes to match joins within ten seconds.
    /// - Throws: `.invalidConfiguration`.
    package init(
        configuration: KafkaConfiguration, groupID: String, instanceID: String? = nil, topics: [String], sessionTimeoutMilliseconds: Int,
        delegate: any RebalanceDelegate,
        log: @escaping KafkaLog = { _ in }
    ) throws(KafkaError) {
        executor = ThreadExecutor(name: "kafka-consumer")
        rebalancing = Rebalancing(delegate: delegate)
        context = ClientContext(log: log, rebalancing: rebalancing)
        var configuration = configuration
        if let instanceID { configuration.properties["group.instance.id"] = instanceID }
        let client = try KafkaClient.make(
            RD_KAFKA_CONSUMER, configuration, context: context, defaults: Self.defaults(sessionTimeoutMilliseconds),
            required: [
                "group.id": groupID, "session.timeout.ms": "\(sessionTimeoutMilliseconds)",
                // Offsets are committed after the work is, by `commit` alone.
                "enable.auto.commit": "false", "enable.auto.offset.store": "false",
                // The end of a partition would come as a record that is none.
                "enable.partition.eof": "false",
            ], configure: { $0.routeRebalances() })
        self.client = client
        try KafkaError.check(rd_kafka_poll_set_consumer(client.pointer))
        let subscription = TopicPartitionList(topics.map { KafkaTopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        try KafkaError.check(rd_kafka_subscribe(client.pointer, subscription.pointer))
    }

    private static func defaults(_ sessionTimeoutMilliseconds: Int) -> KeyValuePairs<String, String> {
        [
            // Three chances to be heard within a session, and no fewer than the library's own rate.
            "heartbeat.interval.ms": "\(max(1, min(3_000, sessionTimeoutMilliseconds / 3)))",
            // Partitions that stay keep flowing while others move.
            "partition.assignment.strategy": "cooperative-sticky",
            "auto.offset.reset": "earliest",
            // The contract's records have 8 MiB of content; the rest is envelope.
            "fetch.message.max.bytes": "\(9 << 20)",
            // What lies fetched and unread: memory, so bounded, and two of the largest records.
            "queued.max.messages.kbytes": "\(18 << 10)",
            // A full second by default, in which a queue that has drained would stay empty.
            "fetch.queue.backoff.ms": "20",
            // How long a topic made later waits to be noticed.
            "topic.metadata.refresh.interval.ms": "10000",
            // How long the broker holds a fetch that has nothing: a record that arrives ends it.
            "fetch.wait.max.ms": "50",
        ]
    }

    /// Errors of the transport so far; each went to the log too.
    package nonisolated var transportErrorCount: Int { context.errorCount }

    /// Waits for a record, at most for the timeout, then takes what else is there within the bounds (the last record may exceed `maxBytes`, so that one larger
    /// than it passes). Serves rebalances; what a partition gave in this poll before it was taken away is left out.
    ///
    /// - Throws: `.assignmentRefused`, `.fatal`, `.closed`. Errors of the transport are counted and logged: the library mends them.
    package func poll(maxRecords: Int, maxBytes: Int, timeoutMilliseconds: Int) throws(KafkaError) -> [KafkaRecord] {
        let client = try openClient()
        try client.checkFatal()
        let deadline = Deadline.after(.milliseconds(timeoutMilliseconds))
        var records: [KafkaRecord] = []
        var bytes = 0
        while records.count < maxRecords, bytes < maxBytes {
            let event = ConsumerEvent.next(client, timeoutMilliseconds: records.isEmpty ? deadline.remainingMilliseconds : 0)
            let departed = rebalancing.takeDeparted()
            if !departed.isEmpty { records.removeAll { departed.contains($0.topicPartition) } }
            guard let event else { break }
            if let error = event.error {
                context.report(error)
                if error == RD_KAFKA_RESP_ERR__FATAL { throw KafkaError(error) }
                if records.isEmpty, deadline.hasPassed { break }
            } else {
                let record = event.record(&topicNames)
                bytes += (record.key?.count ?? 0) + (record.value?.count ?? 0)
                records.append(record)
            }
        }
        // What was read is not to be lost: the refusal waits for the next poll.
        if records.isEmpty, let refusal = rebalancing.takeRefusal() { throw refusal }
        return records
    }

    /// Leaves the group, after the delegate has heard of the revocation; again has no effect.
    package func close() {
        guard let client else { return }
        rd_kafka_consumer_close(client.pointer)
        self.client = nil
    }

    /// - Throws: `.closed`.
    func openClient() throws(KafkaError) -> KafkaClient {
        guard let client else { throw .closed }
        return client
    }
}
