import Contract
import Index
import Kafka
import Transport

/// What a topic has of a document since its deletion was decided.
struct DeletionHistory {
    /// Of every deletion by retention.
    static let idPrefix = "retention-"

    private let deletion: PendingDeletion
    private var last: KafkaRecord?
    /// What a source said that is newer than the version that is deleted, each once, in the order of their offsets.
    private var newer: [KafkaRecord] = []
    private var newest: (record: KafkaRecord, sequence: SequenceNumber?)?

    init(_ deletion: PendingDeletion) { self.deletion = deletion }

    /// In the order of their offsets.
    mutating func append(_ record: KafkaRecord) {
        guard record.offset >= deletion.start, let topic = InputTopicName(record.topic) else { return }
        last = record
        guard case .event(let event) = EventDecoder.decode(InboundRecord(record), on: topic, isRegistered: { _ in true }),
            record.value != nil || event.id?.hasPrefix(Self.idPrefix) != true, deletion.isOlder(than: event.sequence, at: record.offset),
            !newer.contains(where: { $0.isSame(as: record) })
        else { return }
        newer.append(record)
        if let known = newest?.sequence, let sequence = event.sequence, sequence < known { return }
        newest = (record, event.sequence)
    }

    /// What a source said last, where something else stands behind it.
    var overtaken: KafkaRecord? {
        guard let newest, let last, !last.isSame(as: newest.record) else { return nil }
        return newest.record
    }
}

extension KafkaRecord {
    /// Whether the other one is it, or was published again as it was.
    fileprivate func isSame(as other: KafkaRecord) -> Bool { value == other.value && headers == other.headers }
}
