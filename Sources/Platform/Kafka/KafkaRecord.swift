/// One partition of one topic.
package struct KafkaTopicPartition: Hashable, Sendable {
    package let topic: String
    package let partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// A header as Kafka has it: names may repeat, values may be anything, `nil` among it.
package struct KafkaHeader: Hashable, Sendable {
    /// Ends at the first zero byte, if there is one.
    package let name: [UInt8]
    package let value: [UInt8]?

    package init(name: [UInt8], value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    package init(name: String, value: String?) {
        self.init(name: Array(name.utf8), value: value.map { Array($0.utf8) })
    }
}

/// A record as it was read.
package struct KafkaRecord: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    /// Since 1970, by the topic's kind of clock; -1 where the broker gives none.
    package let timestampMilliseconds: Int64
    package let key: [UInt8]?
    /// `nil` is a tombstone.
    package let value: [UInt8]?
    /// In the producer's order.
    package let headers: [KafkaHeader]

    package init(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
        self.headers = headers
    }

    package var topicPartition: KafkaTopicPartition {
        KafkaTopicPartition(topic: topic, partition: partition)
    }
}

/// A record to write.
package struct KafkaMessage: Sendable {
    package var topic: String
    /// `nil`: by the key's murmur2 hash, as Java clients choose.
    package var partition: Int32?
    /// Since 1970; `nil` is now.
    package var timestampMilliseconds: Int64?
    package var key: [UInt8]?
    /// `nil` is a tombstone.
    package var value: [UInt8]?
    package var headers: [KafkaHeader]

    package init(
        topic: String, partition: Int32? = nil, timestampMilliseconds: Int64? = nil, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
        self.headers = headers
    }
}
