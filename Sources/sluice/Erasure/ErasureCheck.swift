import Administration
import Contract
import Index
import Kafka
import Transport

/// Looks again at the places of a receipt that were not gone. It knows what was erased by its keyed hash alone.
struct ErasureCheck {
    private let record: ErasureRecord
    private let tenant: TenantID
    /// Nothing for a tenant, which took it along.
    private let key: ErasureKey?
    private let topics: ErasureTopics
    private let store: AdministrationStore

    init(_ record: ErasureRecord, _ tenant: TenantID, _ key: ErasureKey?, _ topics: ErasureTopics, _ store: AdministrationStore) {
        (self.record, self.tenant, self.key, self.topics, self.store) = (record, tenant, key, topics, store)
    }

    func run() async throws -> ErasureReceipt {
        var receipt = record.receipt
        if let texts = receipt.places.first(where: { $0.name == ErasureRun.otherTexts }), case .goneBy(let date) = texts.state, date < .now {
            _ = try await store.eraseExpiredTexts()
            receipt.note(ErasureRun.otherTexts, .gone)
        }
        for place in receipt.places where place.state != .gone {
            guard let topic = topics.present.keys.first(where: { place.name == ErasureTopics.place($0) || place.name == ErasureTopics.tombstonePlace($0) })
            else { continue }
            var checked = place
            checked.count = nil
            if try await isGone(topic, place) {
                (checked.state, checked.note) = (.gone, nil)
            } else if case .goneBy(let date) = place.state, date < .now {
                (checked.state, checked.note) = (.failed, "it is still there, after \(date.rfc3339)")
            }
            receipt.note(checked)
        }
        return receipt
    }

    private func isGone(_ topic: String, _ place: ErasureReceipt.Place) async throws -> Bool {
        guard let kind = InputTopicName(topic)?.topic, [.documents, .permissions, .memberships].contains(kind) else {
            return try await topics.isNewer(topic, than: record.finishedAt ?? .now)
        }
        let countsTombstones = place.name == ErasureTopics.tombstonePlace(topic)
        var isFound = false
        try await topics.scan(topic) { isFound = isFound || names($0, countsTombstones: countsTombstones) }
        return !isFound
    }

    private func names(_ event: InboundRecord, countsTombstones: Bool) -> Bool {
        guard let bytes = event.key, RecordKey.tenant(of: bytes) == tenant else { return false }
        // What was published since is not what was erased.
        if let finished = record.finishedAt, event.timestampMilliseconds > finished.microsecondsSinceEpoch / 1000 { return false }
        if record.kind == ErasureTarget.tenant.kind { return countsTombstones ? event.value == nil : event.value != nil }
        guard let key else { return true }
        if record.kind == "document" {
            guard let name = RecordKey(parsing: bytes), key.hash(source: name.source.text, subject: name.subject.text) == record.target else { return false }
            return countsTombstones ? event.value == nil : event.value != nil
        }
        guard let value = event.value, let json = try? JSON.examine(value).value else { return false }
        return json.names { $0.kind == .user && key.pseudonym(of: $0) == record.target }
    }
}
