import Contract
import Digest
import Index
import Kafka
import Transport

/// What a topic has of a document since its deletion was decided.
struct DeletionHistory {
    /// Of every deletion by retention.
    static let idPrefix = "retention-"

    private let deletion: PendingDeletion
    /// What it says, of the last record.
    private var last: [UInt8] = []
    /// Of each that a source published and that is newer than the version that is deleted.
    private var newer: Set<[UInt8]> = []
    private var newest: (record: KafkaRecord, content: [UInt8], sequence: SequenceNumber?)?

    init(_ deletion: PendingDeletion) { self.deletion = deletion }

    /// In the order of their offsets.
    mutating func append(_ record: KafkaRecord) {
        guard record.offset >= deletion.start, let topic = InputTopicName(record.topic) else { return }
        last = record.content
        guard case .event(let event) = EventDecoder.decode(InboundRecord(record), on: topic, isRegistered: { _ in true }),
            record.value != nil || event.id?.hasPrefix(Self.idPrefix) != true, deletion.isOlder(than: event.sequence, at: record.offset),
            newer.insert(last).inserted
        else { return }
        if let known = newest?.sequence, let sequence = event.sequence, sequence < known { return }
        newest = (record, last, event.sequence)
    }

    /// What a source said last, where something else stands behind it.
    var overtaken: KafkaRecord? {
        guard let newest, last != newest.content else { return nil }
        return newest.record
    }
}

extension KafkaRecord {
    /// A digest of what it says, and when: the same of one that was published again as it was, and of no other.
    fileprivate var content: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ part: [UInt8]?) {
            withUnsafeBytes(of: Int64(part?.count ?? -1)) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part ?? [])
        }
        withUnsafeBytes(of: timestampMilliseconds) { bytes.append(contentsOf: $0) }
        append(value)
        for header in headers {
            append(header.name)
            append(header.value)
        }
        return SHA256.hash(bytes)
    }
}
