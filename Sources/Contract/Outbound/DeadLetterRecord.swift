/// Why a record was buried: what the eight `__dlq.errors.*` headers say.
package struct DeadLetterErrors: Hashable, Sendable {
    /// Where the record stood when it was refused; of one that was redriven, where it stood at first.
    package let position: RecordPosition
    /// The consumer group that gave up on it.
    package let group: String
    /// How often it was delivered, at least 1.
    package let deliveryCount: Int
    package let message: String
    /// A `RejectionCode`, unless another version of Sluice wrote the letter; so is `stage` a `Rejection.Stage`.
    package let code: String
    package let stage: String

    /// The headers that say it, in their order.
    package var headers: [RecordHeader] {
        let values = [
            position.topic, String(position.partition), String(position.offset), group, String(deliveryCount), message, code, stage,
        ]
        return zip(Self.names, values).map { RecordHeader(name: $0, value: Array($1.utf8)) }
    }

    static let names = ["topic", "partition", "offset", "group", "delivery.count", "message", "code", "stage"].map { Array("__dlq.errors.\($0)".utf8) }

    init(position: RecordPosition, group: String, message: String, code: String, stage: String) {
        (self.position, self.group, deliveryCount) = (position, group, 1)
        (self.message, self.code, self.stage) = (message, code, stage)
    }

    /// Reads the eight headers, which must be these, in this order.
    ///
    /// Nothing where a value is missing, not UTF-8, or no number of its range.
    init?(_ block: some Collection<RecordHeader>) {
        guard block.count == Self.names.count, zip(block, Self.names).allSatisfy({ $0.name == $1 }) else { return nil }
        let values = block.compactMap(\.value)
        let texts = values.compactMap { String(validating: $0, as: UTF8.self) }
        guard texts.count == Self.names.count, !texts[0].isEmpty, let partition = Int32(decimal: values[1]), let offset = Int64(decimal: values[2]),
            let deliveryCount = Int(decimal: values[4]), deliveryCount > 0
        else { return nil }
        position = RecordPosition(topic: texts[0], partition: partition, offset: offset)
        group = texts[3]
        self.deliveryCount = deliveryCount
        (message, code, stage) = (texts[5], texts[6], texts[7])
    }
}

/// A record of the dead-letter topic, read back.
///
/// - Invariant: reading what `DeadLetter.outbound` wrote gives its record's position, key, value and headers, byte for byte.
package struct DeadLetterRecord: Sendable {
    /// The record as it was before it was buried. Its timestamp is the letter's, which is written with the record's own.
    package let original: InboundRecord
    package let errors: DeadLetterErrors

    init(original: InboundRecord, errors: DeadLetterErrors) {
        (self.original, self.errors) = (original, errors)
    }

    /// Nothing where the record holds no such headers in form: somebody else wrote it.
    ///
    /// The last eight that stand together are Sluice's. Those before them came with the record, which may have been a dead letter of another system;
    /// what comes after them was added on the way, and is not the record's.
    package init?(_ letter: InboundRecord) {
        let headers = letter.headers
        let count = DeadLetterErrors.names.count
        guard headers.count >= count else { return nil }
        let start = (0...headers.count - count).last { start in
            headers[start..<start + count].elementsEqual(DeadLetterErrors.names) { $0.name == $1 }
        }
        guard let start, let errors = DeadLetterErrors(headers[start..<start + count]) else { return nil }
        self.errors = errors
        original = InboundRecord(
            position: errors.position, timestampMilliseconds: letter.timestampMilliseconds, key: letter.key, value: letter.value,
            headers: Array(headers[..<start]))
    }

    /// Whose record it is, as its key says, else as its topic does; a query's key is its id, and says nothing.
    package var tenant: TenantID? {
        let topic = InputTopicName(errors.position.topic)
        let named = topic?.topic == .queries ? nil : original.key.flatMap(RecordKey.tenant(of:))
        return named ?? topic?.tenant
    }
}
