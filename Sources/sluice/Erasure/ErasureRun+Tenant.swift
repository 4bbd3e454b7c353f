import Administration
import Contract
import Index
import Kafka
import Transport

/// A whole tenant: its records on the topics it shares with others while workers take its events, then the mark, then what came until then, then itself.
extension ErasureRun {
    private static let shared: [InputTopic] = [.documents, .permissions, .memberships]
    /// Sources that go on publishing are not waited for.
    private static let rounds = 3

    mutating func eraseTenant() async throws {
        let tenants = try runtime.tenantAdministration()
        let record = try await tenants.record(erasure.tenant)
        let shared = Self.shared.map(\.rawValue).filter { topics.present[$0] != nil }
        // Before the mark, so that most are deletions as any other. What comes with the mark, or stood there when it was set by `tenant delete`, is nobody's.
        if record.state != .deleting { try await emptyTopics(shared) }
        let marked = try await tenants.mark(record, reason: erasure.reason)
        try await emptyTopics(shared)

        var (run, bar) = (self, LateProgressBar("delete rows", total: 0))
        _ = try await tenants.remove(marked) {
            bar.advance(by: $0)
        } beforeEnd: { removed, gone in
            bar.finish()
            try await run.eraseLines()
            try await run.eraseLetters()
            try await run.noteTenant(shared, removed, gone)
            try await run.store.keep(run.receipt, ofErasure: run.erasure.number, tenant: run.erasure.tenant)
        }
        self = run
    }

    private mutating func noteTenant(_ shared: [String], _ removed: [String: Int], _ gone: [String]) async throws {
        for (table, count) in removed.sorted(by: { $0.key < $1.key }) { receipt.note("table \(table)", .gone, count: count) }
        for topic in gone { receipt.note(ErasureTopics.place(topic), .gone) }
        for topic in shared { try await topics.noteCompacted(topic, &receipt, hasTombstones: true) }
        for topic in [InputTopic.queries, .redrive].map(\.rawValue) where topics.present[topic] != nil { try await topics.noteKept(topic, &receipt) }
        receipt.note("memory of retrieval workers", .gone, note: "what they hold of it nobody is shown, and leaves with the process at the latest")
    }

    /// Every key of the tenant ends with a tombstone, in the partition where it stands, and the registrar has come to them.
    private func emptyTopics(_ shared: [String]) async throws {
        for _ in 0..<Self.rounds {
            var written: [RecordPosition] = []
            for topic in shared {
                var keys = TenantKeys(tenant: erasure.tenant, topic: topic)
                try await topics.scan(topic) { keys.note($0) }
                let tombstones = keys.tombstones(id: "erasure-\(erasure.number)")
                for start in stride(from: 0, to: tombstones.count, by: Self.tombstonesTogether) {
                    written += try await publish(Array(tombstones[start..<min(start + Self.tombstonesTogether, tombstones.count)]))
                }
            }
            if written.isEmpty { return }
            try await awaitRegistrar(written)
        }
        throw ClientError("its sources go on publishing: stop them, then run this again: nothing was taken out of the database yet", exitCode: .unavailable)
    }

    private static let tombstonesTogether = 1000
}

/// The keys of a tenant on a topic, and what is the last of each.
private struct TenantKeys {
    private struct Place: Hashable {
        let partition: Int32
        let key: [UInt8]
    }

    let tenant: TenantID
    let topic: String
    private var places: [Place: (isTombstone: Bool, sequence: SequenceNumber?)] = [:]

    init(tenant: TenantID, topic: String) { (self.tenant, self.topic) = (tenant, topic) }

    mutating func note(_ record: InboundRecord) {
        guard let key = record.key, RecordKey.tenant(of: key) == tenant, let name = InputTopicName(topic) else { return }
        let place = Place(partition: record.partition, key: key)
        var sequence = places[place]?.sequence
        if case .event(let event) = EventDecoder.decode(record, on: name, isRegistered: { _ in true }) {
            sequence = [sequence, event.sequence].compactMap(\.self).max()
        }
        places[place] = (record.value == nil, sequence)
    }

    /// With the highest sequence a deletion wins over all that is there, wherever it is read from.
    func tombstones(id: String) -> [KafkaMessage] {
        places.filter { !$0.value.isTombstone }.enumerated().map { index, entry in
            let (place, last) = entry
            var message = KafkaMessage(topic: topic, key: place.key, value: nil, headers: [])
            if let key = RecordKey(parsing: place.key), let type {
                message = KafkaMessage(SourceEvent(type, key, data: nil, sequence: last.sequence, id: "\(id)-\(topic)-\(index)").record(at: .now))
            }
            (message.topic, message.partition) = (topic, place.partition)
            return message
        }
    }

    private var type: EventType? {
        switch InputTopicName(topic)?.topic {
        case .documents: .documentDeleted
        case .permissions: .permissionsChanged
        case .memberships: .groupChanged
        default: nil
        }
    }
}
