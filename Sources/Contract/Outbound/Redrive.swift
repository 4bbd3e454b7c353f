/// A dead letter on its way back through `sluice.redrive`: itself byte for byte, why it was buried, and what of its position no header of a dead
/// letter tells.
///
/// - Invariant: `Redrive.original(of:)` gives back the letter's original record, and the incarnation.
package struct Redrive: Sendable {
    package let letter: DeadLetterRecord
    /// Of the original's topic, as Sluice's database numbers them.
    package let incarnation: Int32

    package init(_ letter: DeadLetterRecord, incarnation: Int32) {
        self.letter = letter
        self.incarnation = incarnation
    }

    private static let names = ["incarnation", "timestamp"].map { Array("__redrive.\($0)".utf8) }
    /// Kafka's way to say that a record has no timestamp.
    private static let noTimestamp: Int64 = -1

    package var outbound: OutboundRecord {
        let record = letter.original
        let values = [String(incarnation), String(record.timestampMilliseconds)]
        let place = zip(Self.names, values).map { RecordHeader(name: $0, value: Array($1.utf8)) }
        return OutboundRecord(
            topic: InputTopic.redrive.rawValue, key: record.key, value: record.value, headers: record.headers + letter.errors.headers + place)
    }

    /// The record that was redriven, as it was first published: position, timestamp, key, value and headers; and its topic's incarnation.
    ///
    /// Nothing where the record cannot be read back, or comes from no topic whose records are redriven. Stricter than the reading of dead letters:
    /// Sluice alone writes this topic, so its ten headers are the last ones.
    package static func original(of record: InboundRecord) -> (record: InboundRecord, incarnation: Int32)? {
        let place = record.headers.suffix(names.count)
        guard place.elementsEqual(names, by: { $0.name == $1 }) else { return nil }
        let rest = record.headers.dropLast(names.count)
        let block = rest.suffix(DeadLetterErrors.names.count)
        guard let errors = DeadLetterErrors(block), InputTopicName(errors.position.topic)?.topic.isRedriven == true,
            let incarnation = place.first?.value.flatMap({ Int32(decimal: $0) }), incarnation > 0,
            let timestamp = place.last?.value.flatMap(timestamp)
        else { return nil }
        let original = InboundRecord(
            position: errors.position, timestampMilliseconds: timestamp, key: record.key, value: record.value, headers: Array(rest.dropLast(block.count)))
        return (original, incarnation)
    }

    private static func timestamp(_ text: [UInt8]) -> Int64? {
        text.elementsEqual("\(noTimestamp)".utf8) ? noTimestamp : Int64(decimal: text)
    }
}

extension InputTopic {
    /// Whether dead letters of this topic can go back. Who asked a query waits no longer; what was redriven goes back under its first position.
    package var isRedriven: Bool {
        switch self {
        case .documents, .permissions, .memberships: true
        case .queries, .redrive: false
        }
    }
}
