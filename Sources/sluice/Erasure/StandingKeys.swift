import Contract
import Kafka
import Transport

/// What stands on a topic of the keys that are erased, as the broker has it: the database forgets where a record stood that another took the place of.
struct StandingKeys {
    struct Place: Hashable {
        let partition: Int32
        let key: [UInt8]
    }

    struct Records {
        fileprivate(set) var endsWithTombstone = false
        fileprivate(set) var lastOffset: Int64 = 0
        fileprivate(set) var sequence = ClosingSequence()
    }

    let topic: String
    private let isErased: ([UInt8]) -> Bool
    private(set) var places: [Place: Records] = [:]

    init(_ topic: String, where isErased: @escaping ([UInt8]) -> Bool) { (self.topic, self.isErased) = (topic, isErased) }

    mutating func note(_ record: InboundRecord) {
        guard let key = record.key, isErased(key), let name = InputTopicName(topic) else { return }
        let place = Place(partition: record.partition, key: key)
        var records = places[place] ?? Records()
        (records.endsWithTombstone, records.lastOffset) = (record.value == nil, record.offset)
        switch EventDecoder.decode(record, on: name, isRegistered: { _ in true }) {
        case .event(let event): records.sequence.note(event.sequence)
        case .rejected(let rejected) where !rejected.changesNothing: records.sequence.note(rejected.sequence)
        case .rejected, .snapshotClosed: break
        }
        places[place] = records
    }
}

/// The sequence with which a deletion wins over all that was noted, wherever each is read from: the highest. None where something has none: what comes last in
/// a partition wins over that, and a sequence that was seen before it does not.
struct ClosingSequence {
    private var highest: SequenceNumber?
    private var isWhole = true

    var value: SequenceNumber? { isWhole ? highest : nil }

    mutating func note(_ sequence: SequenceNumber?) {
        guard let sequence else { return isWhole = false }
        highest = max(highest ?? sequence, sequence)
    }

    mutating func note(_ other: ClosingSequence) {
        if let highest = other.highest { note(highest) }
        isWhole = isWhole && other.isWhole
    }
}

extension KafkaMessage {
    /// A tombstone, also of a key that is out of form.
    ///
    /// - Parameter partition: nothing: where the key belongs.
    init(erasing key: [UInt8], on topic: String, partition: Int32?, sequence: SequenceNumber?, id: String) {
        self.init(topic: topic, key: key, value: nil, headers: [])
        if let type = InputTopicName(topic)?.topic.deletion, let key = RecordKey(parsing: key) {
            self.init(SourceEvent(type, key, data: nil, sequence: sequence, id: id).record(at: .now))
        }
        (self.topic, self.partition) = (topic, partition)
    }
}

extension InputTopic {
    /// The type of event that a tombstone stands for.
    fileprivate var deletion: EventType? {
        switch self {
        case .documents: .documentDeleted
        case .permissions: .permissionsChanged
        case .memberships: .groupChanged
        case .queries, .redrive: nil
        }
    }
}
