import Contract
import Index
import Telemetry

/// From records in hand to events, once the tenants they name are known.
struct RecordDecoding: Sendable {
    let tenants: TenantDirectory
    let group: String

    func decode(_ records: [HeldRecord]) async throws -> [ClaimedRecord] {
        try await tenants.load(records.lazy.compactMap { $0.record.key.flatMap(RecordKey.tenant(of:)) })
        return records.compactMap { held in
            guard let topic = InputTopicName(held.record.topic) else { return nil }
            WorkerMetrics.recordsConsumed.add(1, .init(topic: topic.topic.rawValue, group: group))
            guard topic.topic == .redrive else { return decode(held.record, held, held.incarnation, topic) }
            return redriven(held)
        }
    }

    /// A dead letter on its way back is judged by its original position, and so is a record that is to be redone.
    private func redriven(_ held: HeldRecord) -> ClaimedRecord {
        guard let (original, incarnation) = Redrive.original(of: held.record), let topic = InputTopicName(original.topic) else {
            let rejection = Rejection(.malformedEnvelope, .envelope, "the record on sluice.redrive is not a dead letter that Sluice sent back")
            return ClaimedRecord(
                record: held.record, incarnation: held.incarnation, claim: held.claim, decoded: .rejected(RejectedEvent(rejection, recordKey: held.record.key)))
        }
        return decode(original, held, incarnation, topic, isRedriven: true, isRedone: Redrive.groupToRedo(held.record) == group)
    }

    private func decode(
        _ record: InboundRecord, _ held: HeldRecord, _ incarnation: Int32, _ topic: InputTopicName, isRedriven: Bool = false, isRedone: Bool = false
    ) -> ClaimedRecord {
        ClaimedRecord(
            record: record, incarnation: incarnation, claim: held.claim, waiting: held.waiting, isRedriven: isRedriven, isRedone: isRedone,
            decoded: EventDecoder.decode(record, on: topic) { tenants[$0] != nil })
    }
}
