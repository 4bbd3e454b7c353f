import Contract
import Digest
import Index
import Kafka

/// Has one generation make one document anew, though nothing new came.
package struct DocumentRedo: Sendable {
    private let store: AdministrationStore
    private let admin: KafkaAdmin
    private let reader: KafkaReader

    /// A broker that gives neither a record nor the end for so long is taken for away.
    private static let patience: Duration = .seconds(10)

    package init(store: AdministrationStore, admin: KafkaAdmin, reader: KafkaReader) {
        self.store = store
        self.admin = admin
        self.reader = reader
    }

    /// What there is to be made anew: what the generation has of the document, else what the live one has.
    ///
    /// - Throws: `AdministrationError.unknownTenant`, `.unknownDocument`.
    package func place(of document: RecordKey, in generation: Generation, live: Generation) async throws -> (place: RenditionPlace, generation: Generation) {
        guard try await store.tenants().contains(document.tenant) else { throw AdministrationError.unknownTenant }
        for one in [generation, live] {
            if let place = try await store.place(of: document, in: one.number) { return (place, one) }
        }
        throw AdministrationError.unknownDocument
    }

    /// The very record a document was made of, where its topic still has it.
    ///
    /// - Throws: `KafkaError`.
    package func record(_ place: RenditionPlace) async throws -> KafkaRecord? {
        do {
            guard try await begin(at: place) else { return nil }
        } catch let error as KafkaError where error.code == .unknownTopic {
            return nil
        }
        let start = ContinuousClock.now
        while ContinuousClock.now - start < Self.patience {
            try Task.checkCancellation()
            let (records, isAtEnd) = try await reader.pollToEnd(maxRecords: 100, maxBytes: 1 << 20, timeoutMilliseconds: 200)
            if let record = records.first(where: { $0.offset >= place.position.offset }) {
                return record.offset == place.position.offset && SHA256.hash(record.value ?? []) == place.digest ? record : nil
            }
            if isAtEnd { return nil }
        }
        throw KafkaError(.timedOut, "the topic gives no records")
    }

    /// - Returns: whether the partition goes so far back.
    private func begin(at place: RenditionPlace) async throws -> Bool {
        guard try await admin.topicID(of: place.position.topic) ?? "" == place.brokerTopicID else { return false }
        let partition = KafkaTopicPartition(topic: place.position.topic, partition: place.position.partition)
        guard let extent = try await reader.extents(of: partition.topic)[partition], !extent.isEmpty, extent.lowerBound <= place.position.offset else {
            return false
        }
        // The embedded broker's end may be too low, and past an end a partition would say nothing.
        try await reader.start(at: [partition: min(place.position.offset, extent.upperBound - 1)])
        return true
    }

    /// Tells the audit log what is about to be done.
    package func note(_ document: RecordKey, _ generation: Generation, isStored: Bool, reason: String?) async throws {
        var detail: [String: JSON] = [
            "document": .string("\(document.source.text)/\(document.subject.text)"), "generation": .string(generation.name),
            "source": .string(isStored ? "stored" : "topics"),
        ]
        if let reason { detail["reason"] = .string(reason) }
        try await store.record(.reindexDocument, tenant: document.tenant, detail: detail)
    }

    /// The number of the redrive topic.
    /// - Throws: `KafkaError.unknownTopic`.
    package func redriveIncarnation() async throws -> Int32 {
        try await store.incarnation(of: InputTopic.redrive.rawValue, on: admin)
    }

    /// Whether the generation's workers have dealt with a record of the redrive topic.
    package func isDealtWith(_ offset: Int64, of partition: Int32, incarnation: Int32, by generation: Generation) async throws -> Bool {
        try await store.appliedOffsets(group: generation.group, incarnation: incarnation)[partition] ?? 0 > offset
    }
}
