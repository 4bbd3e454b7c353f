import Contract
import Glibc
import Kafka

// Between Kafka's records and the contract's: the one place where the two meet.

extension InboundRecord {
    package init(_ record: KafkaRecord) {
        self.init(
            position: RecordPosition(topic: record.topic, partition: record.partition, offset: record.offset),
            timestampMilliseconds: record.timestampMilliseconds, key: record.key, value: record.value,
            headers: record.headers.map { RecordHeader(name: $0.name, value: $0.value) })
    }
}

extension KafkaMessage {
    package init(_ record: OutboundRecord) {
        self.init(
            topic: record.topic, key: record.key, value: record.value, headers: record.headers.map { KafkaHeader(name: $0.name, value: $0.value) })
    }
}

extension Timestamp {
    /// The wall clock; the pure targets are told the time.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
