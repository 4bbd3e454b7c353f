import CKafka
import Glibc

/// What one call of the library's poll gave: a record, or an error.
struct ConsumerEvent: ~Copyable {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>

    static func next(_ client: KafkaClient, timeoutMilliseconds: Int32) -> ConsumerEvent? {
        guard let message = rd_kafka_consumer_poll(client.pointer, timeoutMilliseconds) else { return nil }
        return ConsumerEvent(message: message)
    }

    private init(message: UnsafeMutablePointer<rd_kafka_message_t>) {
        self.message = message
    }

    deinit {
        rd_kafka_message_destroy(message)
    }

    var error: rd_kafka_resp_err_t? {
        message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : message.pointee.err
    }

    /// Copies the record out of the library's memory, once.
    func record(_ names: inout TopicNames) -> KafkaRecord {
        let content = message.pointee
        return KafkaRecord(
            topic: names.name(of: content.rkt), partition: content.partition, offset: content.offset,
            timestampMilliseconds: rd_kafka_message_timestamp(message, nil), key: Self.bytes(content.key, content.key_len),
            value: Self.bytes(content.payload, content.len), headers: headers)
    }

    private var headers: [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
            headers.append(KafkaHeader(name: Self.bytes(name, strlen(name)) ?? [], value: Self.bytes(value, count)))
        }
        return headers
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }
}

/// Topic names as strings, made anew only where the topic changes from one record to the next.
struct TopicNames {
    private var latest = ""

    mutating func name(of topic: OpaquePointer?) -> String {
        guard let topic, let name = rd_kafka_topic_name(topic) else { return "" }
        if latest.withCString({ strcmp($0, name) }) != 0 { latest = String(cString: name) }
        return latest
    }
}
