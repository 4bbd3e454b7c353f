/// A record that can never succeed, on its way to the dead-letter topic: itself byte for byte, then why (KIP-1191's header names).
package struct DeadLetter: Sendable {
    package let record: InboundRecord
    /// The consumer group that gave up on it.
    package let group: String
    /// How often it was delivered, at least 1.
    package let deliveryCount: Int
    package let rejection: Rejection

    package init(record: InboundRecord, group: String, deliveryCount: Int, rejection: Rejection) {
        self.record = record
        self.group = group
        self.deliveryCount = deliveryCount
        self.rejection = rejection
    }

    package var outbound: OutboundRecord {
        let errors = [
            ("topic", record.topic), ("partition", String(record.partition)), ("offset", String(record.offset)), ("group", group),
            ("delivery.count", String(deliveryCount)), ("message", rejection.message), ("code", rejection.code.rawValue), ("stage", rejection.stage.rawValue),
        ]
        return OutboundRecord(
            topic: Topics.deadLetters, key: record.key, value: record.value,
            headers: record.headers + errors.map { RecordHeader("__dlq.errors.\($0)", $1) })
    }
}
