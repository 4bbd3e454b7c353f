import CKafka

/// A list of partitions, each with an offset and an error, as the library takes and gives it.
struct TopicPartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int = 0) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: capacity))
    }

    init(_ partitions: some Collection<KafkaTopicPartition>) {
        self.init(capacity: partitions.count)
        for partition in partitions { append(partition) }
    }

    init(_ offsets: [KafkaTopicPartition: Int64]) {
        self.init(capacity: offsets.count)
        for (partition, offset) in offsets { append(partition, offset: offset) }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }

    func append(_ partition: KafkaTopicPartition, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)) {
        rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition).pointee.offset = offset
    }

    func forEach(_ body: (KafkaTopicPartition, rd_kafka_topic_partition_t) -> Void) {
        Self.forEach(in: pointer, body)
    }

    /// The first error any partition of the list was given.
    func check() throws(KafkaError) {
        for index in 0..<Int(pointer.pointee.cnt) { try KafkaError.check(pointer.pointee.elems[index].err) }
    }

    static func forEach(
        in list: UnsafePointer<rd_kafka_topic_partition_list_t>, _ body: (KafkaTopicPartition, rd_kafka_topic_partition_t) -> Void
    ) {
        for index in 0..<Int(list.pointee.cnt) {
            let element = list.pointee.elems[index]
            body(KafkaTopicPartition(topic: String(cString: element.topic), partition: element.partition), element)
        }
    }
}
