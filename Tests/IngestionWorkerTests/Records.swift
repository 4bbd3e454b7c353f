import Contract
import Postgres

@testable import Index
@testable import IngestionWorker

/// Records as a consumer group has them in hand.
enum Records {
    static let acme = TenantID("acme")!
    /// Knows acme; its store is never asked.
    static let tenants = TenantDirectory(
        store: IngestionStore(pool: IndexRole.ingest.pool(url: "postgresql://127.0.0.1:1/none", connections: 1, applicationName: "none")),
        known: [acme: TenantNumber(1)])

    /// - Parameter json: nothing: a tombstone.
    static func record(
        _ topic: InputTopic, _ subject: String, _ type: EventType, _ json: String?, tenant: String = "acme", offset: Int64 = 0, partition: Int32 = 0,
        key: [UInt8]?? = nil, snapshot: String? = nil
    ) -> ClaimedRecord {
        let headers =
            [("ce_id", "id-\(offset)"), ("ce_type", type.rawValue), ("ce_specversion", "1.0")].map { RecordHeader($0, $1) }
            + (snapshot.map { [RecordHeader("ce_snapshot", $0)] } ?? [])
        let record = InboundRecord(
            position: RecordPosition(topic: topic.rawValue, partition: partition, offset: offset), timestampMilliseconds: 0,
            key: key ?? Array("\(tenant)/wiki/\(subject)".utf8), value: json.map { Array($0.utf8) }, headers: json == nil ? [] : headers)
        return ClaimedRecord(
            record: record, incarnation: 7,
            claim: Claim(key: PartitionKey(incarnation: 7, partition: partition), epoch: 1, nextOffset: 0, server: 0, speaks: true, onlyTenant: nil),
            decoded: EventDecoder.decode(record, on: InputTopicName(topic)) { $0 == acme })
    }

    static func document(_ subject: String, offset: Int64 = 0, partition: Int32 = 0, key: [UInt8]?? = nil) -> ClaimedRecord {
        record(.documents, subject, .documentUpserted, "{\"text\": \"words\", \"container\": \"box\"}", offset: offset, partition: partition, key: key)
    }
}
