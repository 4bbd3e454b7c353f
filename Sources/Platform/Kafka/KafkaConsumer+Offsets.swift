import CKafka

extension KafkaConsumer {
    /// The partitions this member holds.
    package var assignment: Set<KafkaTopicPartition> {
        Set(rebalancing.starts.keys)
    }

    /// Whether the group has said what this member holds, if only that it holds nothing.
    package var hasJoined: Bool { rebalancing.hasJoined }

    /// Stops giving records of these partitions, also those fetched already; heartbeats go on.
    ///
    /// - Throws: `.notAssigned`, `.closed`.
    package func pause(_ partitions: [KafkaTopicPartition]) throws(KafkaError) {
        try move(partitions, by: rd_kafka_pause_partitions)
    }

    /// Continues after the last record that `poll` gave.
    ///
    /// - Throws: `.notAssigned`, `.closed`.
    package func resume(_ partitions: [KafkaTopicPartition]) throws(KafkaError) {
        try move(partitions, by: rd_kafka_resume_partitions)
        wakeFetchers(try openClient(), of: partitions)
    }

    /// The library does not tell the thread that fetches from a broker that a partition goes on: where nothing else is fetched there, it would sleep on
    /// for up to a second (librdkafka 2.8, `rd_kafka_toppar_pause_resume`). Any answer from that broker ends its sleep; what it says is of no interest.
    private func wakeFetchers(_ client: KafkaClient, of partitions: [KafkaTopicPartition]) {
        var (low, high): (Int64, Int64) = (0, 0)
        for partition in partitions {
            _ = rd_kafka_query_watermark_offsets(client.pointer, partition.topic, partition.partition, &low, &high, Self.wakeMilliseconds)
        }
    }

    /// A broker that is well answers within one or two; one that is not gives no records either.
    private static var wakeMilliseconds: Int32 { 10 }

    /// Continues at `offset` of a held partition.
    ///
    /// - Throws: `.notAssigned`, `.timedOut`, `.closed`.
    package func seek(_ partition: KafkaTopicPartition, to offset: Int64, timeoutMilliseconds: Int = 10_000) throws(KafkaError) {
        let client = try openClient()
        try requireHeld(CollectionOfOne(partition))
        let list = TopicPartitionList([partition: offset])
        try KafkaError.check(consuming: rd_kafka_seek_partitions(client.pointer, list.pointer, Int32(clamping: timeoutMilliseconds)))
        try list.check()
    }

    /// Commits the offset of the next record to read for each partition, and waits for the answer.
    ///
    /// - Throws: `.notAssigned` before anything is sent where a partition is not held, and where the group has moved on; retryable while it rebalances.
    package func commit(_ nextOffsets: [KafkaTopicPartition: Int64]) throws(KafkaError) {
        let client = try openClient()
        try requireHeld(nextOffsets.keys)
        guard !nextOffsets.isEmpty else { return }
        let list = TopicPartitionList(nextOffsets)
        try KafkaError.check(rd_kafka_commit(client.pointer, list.pointer, 0))
        try list.check()
    }

    /// The group's committed offsets; partitions without one are left out. They need not be held.
    package func committed(_ partitions: [KafkaTopicPartition], timeoutMilliseconds: Int = 10_000) throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        let client = try openClient()
        let list = TopicPartitionList(partitions)
        try KafkaError.check(rd_kafka_committed(client.pointer, list.pointer, Int32(clamping: timeoutMilliseconds)))
        try list.check()
        var offsets: [KafkaTopicPartition: Int64] = [:]
        list.forEach { partition, element in
            if element.offset >= 0 { offsets[partition] = element.offset }
        }
        return offsets
    }

    /// Asks the broker for the offset of the first record and of the one to be written next.
    package func watermarks(
        topic: String, partition: Int32, timeoutMilliseconds: Int = 10_000
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        let client = try openClient()
        var low: Int64 = 0
        var high: Int64 = 0
        try KafkaError.check(
            rd_kafka_query_watermark_offsets(client.pointer, topic, partition, &low, &high, Int32(clamping: timeoutMilliseconds)))
        return (low, high)
    }

    /// How many offsets each held partition is behind, as of its last fetch: asks nobody. A partition that was not fetched yet is left out.
    package var lag: [KafkaTopicPartition: Int64] {
        guard let client = try? openClient() else { return [:] }
        let list = TopicPartitionList(assignment)
        guard rd_kafka_position(client.pointer, list.pointer) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [:] }
        var lags: [KafkaTopicPartition: Int64] = [:]
        list.forEach { partition, element in
            var low: Int64 = 0
            var high: Int64 = 0
            let response = rd_kafka_get_watermark_offsets(client.pointer, partition.topic, partition.partition, &low, &high)
            guard response == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return }
            if let next = element.offset >= 0 ? element.offset : firstOffset(of: partition, low: low) { lags[partition] = max(0, high - next) }
        }
        return lags
    }

    /// Where a partition begins that has given nothing yet.
    private func firstOffset(of partition: KafkaTopicPartition, low: Int64) -> Int64? {
        switch rebalancing.starts[partition] {
        case .offset(let offset): offset
        case .beginning where low >= 0: low
        default: nil
        }
    }

    private func move(
        _ partitions: [KafkaTopicPartition], by call: (OpaquePointer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        let client = try openClient()
        try requireHeld(partitions)
        let list = TopicPartitionList(partitions)
        try KafkaError.check(call(client.pointer, list.pointer))
        try list.check()
    }

    /// The broker checks a commit's generation, not whose the partition is.
    private func requireHeld(_ partitions: some Sequence<KafkaTopicPartition>) throws(KafkaError) {
        guard partitions.allSatisfy(rebalancing.holds) else { throw KafkaError(.notAssigned, "the partition is not assigned to this member") }
    }
}
