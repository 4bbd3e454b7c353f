import Administration
import Contract
import Index
import Kafka

/// A whole tenant: nobody of it is answered any more; its records on the topics it shares with others while workers take its events, then the mark, then what
/// came until then, then itself.
extension ErasureRun {
    private static let shared: [InputTopic] = [.documents, .permissions, .memberships]
    /// Sources that go on publishing are not waited for.
    private static let rounds = 3

    mutating func eraseTenant() async throws {
        let tenants = try runtime.tenantAdministration()
        let record = try await tenants.record(erasure.tenant)
        let shared = Self.shared.map(\.rawValue).filter { topics.present[$0] != nil }
        // Before the mark, so that most are deletions as any other. What comes with the mark, or stood there when it was set by `tenant delete`, is nobody's.
        if record.state != .deleting {
            // Lists and groups go beside documents, and would open what they hid.
            _ = try await store.suspend(erasure.tenant, reason: erasure.reason)
            try await emptyTopics(shared)
        }
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
            var (tombstones, isEmpty): ([RecordPosition], Bool) = ([], true)
            for topic in shared {
                let standing = try await topics.standing(on: topic) { [tenant = erasure.tenant] in RecordKey.tenant(of: $0) == tenant }
                // Those of a run that was stopped may be ahead of the registrar still.
                let ended = standing.places.filter(\.value.endsWithTombstone)
                tombstones += ended.map { RecordPosition(topic: topic, partition: $0.partition, offset: $1.lastOffset) }
                let messages = standing.places.filter { !$0.value.endsWithTombstone }.enumerated().map { index, place in
                    KafkaMessage(
                        erasing: place.key.key, on: topic, partition: place.key.partition, sequence: place.value.sequence.value,
                        id: "erasure-\(erasure.number)-\(topic)-\(index)")
                }
                for start in stride(from: 0, to: messages.count, by: Self.tombstonesTogether) {
                    tombstones += try await publish(Array(messages[start..<min(start + Self.tombstonesTogether, messages.count)]))
                }
                isEmpty = isEmpty && messages.isEmpty
            }
            try await awaitRegistrar(tombstones)
            if isEmpty { return }
        }
        throw ClientError("its sources go on publishing: stop them, then run this again: nothing was taken out of the database yet", exitCode: .unavailable)
    }

    private static let tombstonesTogether = 1000
}
